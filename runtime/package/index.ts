/** `@sld-edge/runtime/format`: a package's documents and weights, for whoever writes, checks or converts packages (docs/package-format.md). */
export { float16Bits, float16Value } from './float16.ts';
export * from './mixed-weights.ts';
export { parseGoldenLayers } from './golden-layers.ts';
export { encodeOutputs, parseGoldens, readGoldens, type GoldenOutputs } from './goldens.ts';
export { parseManifest, parseModelIndex } from './validate-manifest.ts';
// What service workers need, without the rest.
export { neededFiles } from './package-files.ts';
export { sha256Hex } from './sha256.ts';
export { isGraphVariant } from './variants.ts';

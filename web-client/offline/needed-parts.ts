import type { BackendName, VariantName } from '@sld-edge/runtime';
import { isGraphVariant } from '@sld-edge/runtime/format';
import { PART_NAMES, type AppPart } from './app-parts.ts';

/** A module whose one function makes a vector of zeros (WebAssembly SIMD: `v128.const`, `drop`). */
// prettier-ignore
const WITH_SIMD = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 23, 1, 21, 0, 253, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 26, 11,
]);

/** @returns the parts without which these variants, and the backend that answers, do not work. */
export function neededParts(variants: readonly VariantName[], backend: BackendName, hasSimd = WebAssembly.validate(WITH_SIMD)): AppPart[] {
  const graphs = variants.some(isGraphVariant);
  const needed: Record<AppPart, boolean> = {
    graphs,
    graphsOnGpu: backend === 'tfjs-webgpu',
    graphsWithoutSimd: graphs && !hasSimd,
    webgpu: backend === 'webgpu',
  };
  return PART_NAMES.filter((part) => needed[part]);
}

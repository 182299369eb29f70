/** `@sld-edge/runtime/testing`: small packages, pictures and damages for tests of whatever uses the runtime. */
export { differenceFromInterpreter } from './compare-programs.ts';
export { corpus, corpusBytes } from './corpus/corpus.ts';
export type { CorpusFile } from './corpus/corpus.ts';
export { withPngChunksAround } from './corpus/png.ts';
export { PRIMARIES, rgbProfile } from './corpus/icc.ts';
export { fixtureWeights } from './fixture-graph.ts';
export {
  createFixturePackage,
  encodeJson,
  fixtureIndex,
  readFixture,
  type FixtureOptions,
  type FixturePackage,
} from './fixture-package.ts';
export { gradient, gradientImage } from './images.ts';
export { randomPixels, randomProgram } from './random-program.ts';
export { randomProgramOfVersion1 } from './random-program-of-version-1.ts';
export { tamperings, type Tampering } from './tampering.ts';
export { randomStates } from '../random-states.ts';

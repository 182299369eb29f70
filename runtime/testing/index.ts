/** `@sld-edge/runtime/testing`: small packages, pictures and damages for tests of whatever uses the runtime. */
export { corpus, corpusBytes } from './corpus/corpus.ts';
export type { CorpusFile } from './corpus/corpus.ts';
export { PRIMARIES, rgbProfile } from './corpus/icc.ts';
export { fixtureWeights } from './fixture-graph.ts';
export { createFixturePackage, encodeJson, fixtureIndex, readFixture, type FixtureOptions, type FixturePackage } from './fixture-package.ts';
export { gradient, gradientImage } from './images.ts';
export { tamperings, type Tampering } from './tampering.ts';

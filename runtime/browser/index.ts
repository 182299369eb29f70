/** `@sld-edge/runtime` in browsers: classifiers in a worker of a page, and what both they and Node are made of. */
export * from '../index.ts';
export { Classifier } from './classifier.ts';
export type { ClassifierInput } from './inputs.ts';
export type { ClassifierNotice, LoadOptions } from './load-options.ts';
export type { ClassifyResult, DecodeResult, DistrustedAdapter } from './protocol.ts';

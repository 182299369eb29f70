/** `@sld-edge/runtime` in Node: what both it and browsers are made of, and what is Node's alone. No browser bundle sees it. */
export * from '../index.ts';
export type { ClassifyResult, DecodeResult } from '../browser/protocol.ts';
export { Classifier } from './classifier.ts';
export { decodeImage } from './decode-image.ts';
export type { NodeClassifierInput } from './inputs.ts';
export { KERNEL_WORKER, nodeKernelThread } from './kernel-thread.ts';
export type { NodeBackendName, NodeClassifierNotice, NodeLoadOptions } from './load-options.ts';
export { readFolder } from './read-folder.ts';

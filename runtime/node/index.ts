/** `@sld-edge/runtime` in Node: what both it and browsers are made of, and what is Node's alone. No browser bundle sees it. */
export * from '../index.ts';
export type { ClassifyResult, DecodeResult } from '../browser/protocol.ts';
export { Classifier } from './classifier.ts';
export type { NodeClassifierInput } from './inputs.ts';
export { decodeImage, type ImageDecodeOptions } from './decode-image.ts';
export { jpegBindingPath } from './jpeg/location.ts';
export { createReusedMemory } from './jpeg/reused-memory.ts';
export { openJpegDecoder, type JpegDecoder, type OpenedJpegDecoder } from './jpeg/native-decoder.ts';
export { KERNEL_WORKER, nodeKernelThread } from './kernel-thread.ts';
export type { NodeBackendName, NodeClassifierNotice, NodeLoadOptions } from './load-options.ts';
export { readFolder } from './read-folder.ts';

/** Entry of the runtime for Node alone, as `@sld-edge/runtime/node`: kept apart so that no browser bundle sees it. */
export { decodeImage, type ImageDecodeOptions } from './decode-image.ts';
export { JPEG_BINDING_INTERFACE, jpegBindingPath } from './jpeg/location.ts';
export { createReusedMemory } from './jpeg/reused-memory.ts';
export { openJpegDecoder, type JpegDecoder, type OpenedJpegDecoder } from './jpeg/native-decoder.ts';
export { KERNEL_WORKER, nodeKernelThread } from './kernel-thread.ts';
export { readFolder } from './read-folder.ts';

/** Entry of the runtime for Node alone, as `@sld-edge/runtime/node`: kept apart so that no browser bundle sees it. */
export { decodeImage } from './decode-image.ts';
export { KERNEL_WORKER, nodeKernelThread } from './kernel-thread.ts';
export { readFolder } from './read-folder.ts';

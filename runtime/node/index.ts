/** `@sld-edge/runtime` in Node: what both it and browsers are made of, and what is Node's alone. No browser bundle sees it. */
export * from '../index.ts';
export { decodeImage } from './decode-image.ts';
export { KERNEL_WORKER, nodeKernelThread } from './kernel-thread.ts';
export { readFolder } from './read-folder.ts';

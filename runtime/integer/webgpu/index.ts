/** Integer programs on WebGPU, loaded only where they are computed there. */
export { openKernels, PACKED_DOT, type GpuKernels } from './device.ts';
export { openGpuProgram } from './gpu-program.ts';
export { gpuSelfTest } from './gpu-self-test.ts';

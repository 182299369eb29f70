/** Integer programs on WebGPU, loaded only where they are computed there. */
import { selfTestOf } from '../kernels/self-test.ts';
import type { GpuKernels } from './device.ts';
import { openGpuProgram } from './gpu-program.ts';

export { openKernels, PACKED_DOT } from './device.ts';
export type { GpuKernels };
export { openGpuProgram };

/** Runs the self-test of the kernels in WebAssembly, of 7 and of 8 bits. @returns what is wrong, in one line; undefined if nothing is */
export async function gpuSelfTest(kernels: GpuKernels): Promise<string | undefined> {
  for (const bits of [7, 8] as const) {
    const fault = await selfTestOf(bits, (program, options) => openGpuProgram(program, kernels, options));
    if (fault) return fault;
  }
  return undefined;
}

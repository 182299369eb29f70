/** The self-test of the kernels in WebAssembly, on a GPU: the same program, logits and checksums, of 7 and of 8 bits. */
import { checksum, SELF_TEST_CHECKSUMS, SELF_TEST_LOGITS, selfTestPixels, selfTestProgram } from '../kernels/self-test.ts';
import { sizeOfShape } from '../shape.ts';
import type { GpuKernels } from './device.ts';
import { openGpuProgram } from './gpu-program.ts';

const BITS = [7, 8] as const;

/** @returns what is wrong, in one line; undefined if nothing is */
export async function gpuSelfTest(kernels: GpuKernels): Promise<string | undefined> {
  const pixels = selfTestPixels();
  for (const bits of BITS) {
    const program = selfTestProgram(bits);
    const fused = await openGpuProgram(program, kernels);
    const found = await fused.integerLogits(pixels);
    fused.dispose();
    const at = SELF_TEST_LOGITS[bits].findIndex((value, i) => found[i] !== value);
    if (at >= 0) return `its kernels fail their self-test: logit ${at} is ${found[at]}, expected ${SELF_TEST_LOGITS[bits][at]}`;
    const kept = await openGpuProgram(program, kernels, { keepActivations: true });
    const size = sizeOfShape(program.nodes[0].shape);
    let sum = 0;
    for (let image = 0; image < pixels.length; image += size) {
      await kept.integerLogits(pixels.subarray(image, image + size));
      sum = checksum(program, kept.activations(), sum);
    }
    kept.dispose();
    if (sum !== SELF_TEST_CHECKSUMS[bits])
      return `its kernels fail their self-test: the activations have the checksum ${sum}, expected ${SELF_TEST_CHECKSUMS[bits]}`;
  }
  return undefined;
}

/** The kernels of each way to compute, as one WebAssembly module each. */
import { assemble } from '../../wasm/assembler.ts';
import { vector } from '../../wasm/integers.ts';
import { convolutionKernel, type DotProduct } from './convolution.ts';
import { depthwiseKernel } from './depthwise.ts';
import { addKernel, multiplyKernel, tableKernel } from './elementwise.ts';
import type { Kernel } from './kernel-builder.ts';
import { copyKernel, fillKernel } from './movement.ts';
import { largestKernel, meanKernel } from './pooling.ts';
import { halves, type KernelRounding } from './requantize.ts';
import { bytes, words, type Storage } from './storage.ts';

export type KernelName =
  | 'convolution'
  | 'convolutionSum'
  | 'pixelConvolution'
  | 'logits'
  | 'depthwise'
  | 'mean'
  | 'largest'
  | 'add'
  | 'multiply'
  | 'input'
  | 'table'
  | 'copy'
  | 'fill';

/** Properties of a module of kernels that the plan has to know. */
export interface KernelSet {
  storage: Storage;
  /** Channels of one step of a convolution: weights are packed for it. */
  channels: 2 | 4;
  /** Bytes of a packed weight of a convolution. */
  weightBytes: 1 | 2;
  /** Takes programs of 7 bits alone. */
  sevenBits: boolean;
  rounding: KernelRounding;
  kernels: Record<KernelName, Kernel>;
}

function kernelSet(dot: DotProduct, sevenBits: boolean, rounding: KernelRounding): KernelSet {
  const { storage, channels } = dot;
  return {
    storage,
    channels,
    weightBytes: storage.bytes,
    sevenBits,
    rounding,
    kernels: {
      convolution: convolutionKernel(dot, rounding, { pixels: 4, result: 'activations' }),
      convolutionSum: convolutionKernel(dot, rounding, { pixels: 4, result: 'sum' }),
      pixelConvolution: convolutionKernel(dot, rounding, { pixels: 1, result: 'activations' }),
      logits: convolutionKernel(dot, rounding, { pixels: 1, result: 'logits' }),
      depthwise: depthwiseKernel(storage, rounding),
      mean: meanKernel(storage, rounding),
      largest: largestKernel(storage),
      add: addKernel(storage, rounding),
      multiply: multiplyKernel(storage, rounding),
      input: tableKernel(bytes, storage),
      table: tableKernel(storage, storage),
      copy: copyKernel(storage),
      fill: fillKernel(),
    },
  };
}

/** SIMD of 128 bits: activations of 16 bits, `i32x4.dot_i16x8_s`. */
export const simdKernels = (rounding = halves): KernelSet =>
  kernelSet(
    { storage: words, channels: 2, step: (sum, pixel, weights) => vector.add32(sum, vector.dot16(pixel, weights)) },
    false,
    rounding,
  );

/** Relaxed SIMD: activations of 7 bits in bytes, `i32x4.relaxed_dot_i8x16_i7x16_add_s`. */
export const relaxedKernels = (): KernelSet =>
  kernelSet({ storage: bytes, channels: 4, step: (sum, pixel, weights) => vector.dot8Relaxed(weights, pixel, sum) }, true, halves);

/** The module's bytes: it imports `host.memory`, shared with other threads or not, and exports each kernel by its name. */
export const moduleOf = ({ kernels }: KernelSet, options?: { sharedMemory?: boolean }): Uint8Array<ArrayBuffer> =>
  assemble(Object.fromEntries(Object.entries(kernels).map(([name, kernel]) => [name, kernel.function])), options);

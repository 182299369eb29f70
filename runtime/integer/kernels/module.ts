/** The kernels of each way to compute, as one WebAssembly module each. */
import { assemble } from '../../wasm/assembler.ts';
import { vector } from '../../wasm/integers.ts';
import { convolutionKernel, type DotProduct } from './convolution.ts';
import { depthwiseKernel } from './depthwise.ts';
import { addKernel, multiplyKernel, tableKernel } from './elementwise.ts';
import type { Kernel } from './kernel-builder.ts';
import { copyKernel, fillKernel } from './movement.ts';
import { largestKernel, meanKernel } from './pooling.ts';
import { bytes, words, type Storage } from './storage.ts';

export type KernelName =
  | 'convolution'
  | 'convolutionSum'
  | 'pixelConvolution'
  | 'logits'
  | 'depthwise'
  | 'depthwise3'
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
  kernels: Record<KernelName, Kernel>;
}

function kernelSet(dot: DotProduct, sevenBits: boolean): KernelSet {
  const { storage, channels } = dot;
  return {
    storage,
    channels,
    weightBytes: storage.bytes,
    sevenBits,
    kernels: {
      convolution: convolutionKernel(dot, { pixels: 4, result: 'activations' }),
      convolutionSum: convolutionKernel(dot, { pixels: 4, result: 'sum' }),
      pixelConvolution: convolutionKernel(dot, { pixels: 1, result: 'activations' }),
      logits: convolutionKernel(dot, { pixels: 1, result: 'logits' }),
      depthwise: depthwiseKernel(storage),
      depthwise3: depthwiseKernel(storage, 5),
      mean: meanKernel(storage),
      largest: largestKernel(storage),
      add: addKernel(storage),
      multiply: multiplyKernel(storage),
      input: tableKernel(bytes, storage),
      table: tableKernel(storage, storage),
      copy: copyKernel(storage),
      fill: fillKernel(),
    },
  };
}

/** SIMD of 128 bits: activations of 16 bits, `i32x4.dot_i16x8_s`. */
export const simdKernels = (): KernelSet =>
  kernelSet({ storage: words, channels: 2, step: (sum, pixel, weights) => vector.add32(sum, vector.dot16(pixel, weights)) }, false);

/** Relaxed SIMD: activations of 7 bits in bytes, `i32x4.relaxed_dot_i8x16_i7x16_add_s`. */
export const relaxedKernels = (): KernelSet =>
  kernelSet({ storage: bytes, channels: 4, step: (sum, pixel, weights) => vector.dot8Relaxed(weights, pixel, sum) }, true);

/** The module's bytes: it imports `host.memory`, shared with other threads or not, and exports each kernel by its name. */
export const moduleOf = ({ kernels }: KernelSet, options?: { sharedMemory?: boolean }): Uint8Array<ArrayBuffer> =>
  assemble(Object.fromEntries(Object.entries(kernels).map(([name, kernel]) => [name, kernel.function])), options);

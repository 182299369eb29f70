/** The kernels without SIMD, loaded only where an engine has none: activations and weights of one byte, two pixels in a number of 64 bits. */
import type { KernelSet } from '../module.ts';
import { tableKernel } from '../elementwise.ts';
import { copyKernel, fillKernel } from '../movement.ts';
import { bytes } from '../storage.ts';
import { scalarConvolution } from './convolution.ts';
import { scalarDepthwise } from './depthwise.ts';
import { scalarAdd, scalarMultiply } from './elementwise.ts';
import { scalarLargest, scalarMean } from './pooling.ts';

const CHANNELS = 4;

export function scalarKernels(): KernelSet {
  const [convolution, depthwise] = [scalarConvolution(bytes, CHANNELS, 'activations'), scalarDepthwise(bytes)];
  return {
    storage: bytes,
    channels: CHANNELS,
    weightBytes: 1,
    sevenBits: false,
    kernels: {
      convolution,
      convolutionSum: scalarConvolution(bytes, CHANNELS, 'sum'),
      pixelConvolution: convolution,
      logits: scalarConvolution(bytes, CHANNELS, 'logits'),
      depthwise,
      depthwise3: depthwise,
      mean: scalarMean(bytes),
      largest: scalarLargest(bytes),
      add: scalarAdd(bytes),
      multiply: scalarMultiply(bytes),
      input: tableKernel(bytes, bytes),
      table: tableKernel(bytes, bytes),
      copy: copyKernel(bytes),
      fill: fillKernel(),
    },
  };
}

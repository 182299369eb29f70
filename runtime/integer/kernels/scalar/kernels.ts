/** The kernels without SIMD, loaded only where an engine has none: activations and weights of one byte, two pixels in a number of 64 bits. */
import type { KernelSet } from '../module.ts';
import { tableKernel } from '../elementwise.ts';
import { copyKernel, fillKernel } from '../movement.ts';
import { bytes } from '../storage.ts';
import { scalarConvolution } from './convolution.ts';
import { scalarDepthwise } from './depthwise.ts';
import { scalarAdd, scalarMultiply } from './elementwise.ts';
import { scalarLargest, scalarMean } from './pooling.ts';
import { halvesOfOne } from './value.ts';

const CHANNELS = 4;

export function scalarKernels(rounding = halvesOfOne): KernelSet {
  const convolution = scalarConvolution(bytes, rounding, CHANNELS, 'activations');
  return {
    storage: bytes,
    channels: CHANNELS,
    weightBytes: 1,
    sevenBits: false,
    rounding,
    kernels: {
      convolution,
      convolutionSum: scalarConvolution(bytes, rounding, CHANNELS, 'sum'),
      pixelConvolution: convolution,
      logits: scalarConvolution(bytes, rounding, CHANNELS, 'logits'),
      depthwise: scalarDepthwise(bytes, rounding),
      mean: scalarMean(bytes, rounding),
      largest: scalarLargest(bytes),
      add: scalarAdd(bytes, rounding),
      multiply: scalarMultiply(bytes, rounding),
      input: tableKernel(bytes, bytes),
      table: tableKernel(bytes, bytes),
      copy: copyKernel(bytes),
      fill: fillKernel(),
    },
  };
}

/** Kernels of WebGPU by name: each is one module and one pipeline, made when a program first needs it. */
import { convolutionKernel } from './convolution.ts';
import { addKernel, affineKernel, inputKernel, multiplyKernel, tableKernel } from './elementwise.ts';
import { moveKernel } from './movement.ts';
import { averagePoolKernel, maxPoolKernel } from './pooling.ts';
import type { GpuKernel } from './wgsl.ts';

export const GPU_KERNELS = {
  input: inputKernel,
  affine: affineKernel,
  add: addKernel,
  table: tableKernel,
  multiply: multiplyKernel,
  maxPool: maxPoolKernel,
  averagePool: averagePoolKernel,
  move: moveKernel,
  activations1: convolutionKernel('activations', 1),
  activations4: convolutionKernel('activations', 4),
  sum1: convolutionKernel('sum', 1),
  sum4: convolutionKernel('sum', 4),
  logits1: convolutionKernel('logits', 1),
} as const satisfies Record<string, GpuKernel>;

export type GpuKernelName = keyof typeof GPU_KERNELS;

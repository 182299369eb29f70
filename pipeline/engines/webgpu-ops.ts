/** The training ops on WebGPU. */
import type { Tfjs, TrainingOps } from './engine.ts';
import { createPortableOps } from './portable-ops.ts';
import type { WebgpuBackend } from './webgpu/backend.ts';

export function createWebgpuOps(tf: Tfjs, _backend: WebgpuBackend): TrainingOps {
  return createPortableOps(tf);
}

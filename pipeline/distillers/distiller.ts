/** What every distillation method is: the views it needs, and named losses of a batch. The trainer sums them and knows no method. */
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../engines/engine.ts';

export type ViewName = 'weak' | 'strong';

/** Logits are `[B, classes]`; those of a view that the method does not declare are absent. */
export interface DistillerBatch {
  /** True classes, int32 `[B]`. */
  labels: Tensor1D;
  student: Record<ViewName, Tensor2D>;
  /** Of the frozen teacher; no gradient flows into them. */
  teacher: Record<ViewName, Tensor2D>;
  /** From 1. */
  epoch: number;
}

export interface Distiller {
  name: string;
  views: readonly ViewName[];
  needsTeacher: boolean;
  /** Every constant that the losses depend on, for the record. */
  options: Readonly<Record<string, unknown>>;
  /** Scalars by name, weighted: the trainer minimises their sum. */
  losses(tf: Tfjs, batch: DistillerBatch): Record<string, Tensor>;
}

/** Interface of every distillation method: the views it needs, and named losses of a batch. The trainer sums them and knows no method. */
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../engines/engine.ts';
import type { Option } from './options.ts';
import type { SoftLabels } from './soft-labels.ts';

export type ViewName = 'weak' | 'strong';

/** Logits are `[B, classes]`; those of a view that the method does not declare are absent. */
export interface DistillerBatch {
  /** True classes, int32 `[B]`; any class where there is not exactly one. */
  labels: Tensor1D;
  /** Weight of each class in the cross-entropy, `[classes]`; absent: all alike. */
  classWeights?: Tensor1D;
  /** Labels that are not one class each, or are smoothed; absent: `labels` are all there is to know. */
  soft?: SoftLabels;
  student: Record<ViewName, Tensor2D>;
  /** Logits of the frozen teacher; no gradient flows into them. */
  teacher: Record<ViewName, Tensor2D>;
  /** Number of the epoch, from 1. */
  epoch: number;
}

export interface Distiller {
  name: string;
  views: readonly ViewName[];
  needsTeacher: boolean;
  /** Every constant that the losses depend on, for the record; epochs are those of the run. */
  options: Readonly<Record<string, unknown>>;
  /** Scalars by name, weighted: the trainer minimises their sum. */
  losses(tf: Tfjs, batch: DistillerBatch): Record<string, Tensor>;
}

/** Length of the run that a method is made for: its epoch-valued options scale with it. */
export interface RunLength {
  epochs: number;
}

/** A registered method: what may be said of it, and how it is made. */
export interface Method {
  options: Readonly<Record<string, Option<unknown>>>;
  /** @throws Error in one line for an option that it lacks or a value out of range */
  create(overrides?: object, run?: RunLength): Distiller;
}

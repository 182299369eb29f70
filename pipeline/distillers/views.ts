/** The views of a picture that a method learns from, which is an option of every method, and its losses added up over them. */
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../engines/engine.ts';
import { oneName } from '../support/value.ts';
import type { DistillerBatch, ViewName } from './distiller.ts';
import type { Option } from './options.ts';

/** `weak`: a crop and a flip; `strong`: two operations and Cutout besides; `both`: losses are the sum over the two. */
export type ViewChoice = 'weak' | 'strong' | 'both';

export const viewChoice = (value: ViewChoice): Option<ViewChoice> => oneName(value, ['weak', 'strong', 'both']);

/** The views of a choice, in the order in which a batch has them. */
export const viewNames = (choice: ViewChoice): readonly ViewName[] => (choice === 'both' ? ['weak', 'strong'] : [choice]);

/** A batch as a method sees one view of it. */
export interface ViewBatch extends Omit<DistillerBatch, 'student' | 'teacher'> {
  student: Tensor2D;
  /** Absent for a method without a teacher. */
  teacher: Tensor2D;
}

const viewOf = (batch: DistillerBatch, view: ViewName): ViewBatch => ({
  ...batch,
  student: batch.student[view],
  teacher: batch.teacher[view],
});

/**
 * All views as one batch of `count` times as many rows, which halves the ops: a loss that is a mean over rows is then to be
 * multiplied by `count` to be the sum over the views.
 */
export function joinViews(tf: Tfjs, batch: DistillerBatch, views: readonly ViewName[]): ViewBatch & { count: number } {
  const [first] = views;
  if (views.length === 1) return { ...viewOf(batch, first), count: 1 };
  const { soft } = batch;
  return {
    ...batch,
    labels: tf.concat(views.map(() => batch.labels)),
    student: tf.concat(views.map((view) => batch.student[view])),
    teacher: batch.teacher[first] && tf.concat(views.map((view) => batch.teacher[view])),
    ...(soft && { soft: { ...soft, ...(soft.shares && { shares: tf.concat(views.map(() => soft.shares!)) }) } }),
    count: views.length,
  };
}

/** Losses of each view by itself, added up by name: for those that are not means over rows. */
export function sumOverViews(
  tf: Tfjs,
  batch: DistillerBatch,
  views: readonly ViewName[],
  lossesOf: (view: ViewBatch) => Record<string, Tensor>,
): Record<string, Tensor> {
  const [first, ...others] = views.map((view) => lossesOf(viewOf(batch, view)));
  return Object.fromEntries(Object.entries(first).map(([name, loss]) => [name, tf.addN([loss, ...others.map((of) => of[name])])]));
}

/**
 * Options of a method that speak of a second view, where there is one alone: they are 0 then.
 * @param overrides options as they were stated
 * @throws Error in one line where one of them is stated all the same, and not as 0
 */
export function withoutSecondView<N extends string>(
  method: string,
  views: ViewChoice,
  overrides: Readonly<Record<string, unknown>>,
  names: readonly N[],
): Record<N, number> {
  const stated = names.find((name) => overrides[name] !== undefined && overrides[name] !== 0);
  if (stated !== undefined)
    throw new Error(
      `option "${stated}" of method ${method} has no effect with views ${views}: it is of a view that there is not; leave it out, or state views=both`,
    );
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<N, number>;
}

/** Counts a teacher's errors on training samples, whose logits Swapped Logit Distillation swaps. */
import type { ViewName } from '../distillers/index.ts';

/** Training samples of an epoch whose largest teacher logit is not the true class's. */
export interface TeacherSwaps {
  /** Swaps by view; 0 for a view that the method does not use. */
  weak: number;
  strong: number;
  /** Swaps by true class, over the method's first view. */
  byClass: number[];
}

export const noSwaps = (classes: number): TeacherSwaps => ({ weak: 0, strong: 0, byClass: new Array<number>(classes).fill(0) });

/**
 * Adds a batch to the counts.
 * @param logits `[views · B, classes]`, view by view, as the step gets them; of equal largest logits the first counts, as in the swap
 * @param shares `[B, classes]` (`batchLabels`): samples that are not of one class have no right answer and are not counted
 */
export function addSwaps(
  swaps: TeacherSwaps,
  views: readonly ViewName[],
  labels: ArrayLike<number>,
  logits: Float32Array,
  shares?: Float32Array,
): void {
  const classes = swaps.byClass.length;
  const isOneClass = (i: number): boolean => !shares || shares[i * classes + labels[i]] === 1;
  views.forEach((view, v) => {
    for (let i = 0; i < labels.length; i++) {
      const row = logits.subarray((v * labels.length + i) * classes, (v * labels.length + i + 1) * classes);
      let predicted = 0;
      for (let c = 1; c < classes; c++) if (row[c] > row[predicted]) predicted = c;
      if (predicted === labels[i] || !isOneClass(i)) continue;
      swaps[view]++;
      if (v === 0) swaps.byClass[labels[i]]++;
    }
  });
}

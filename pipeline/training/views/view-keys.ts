/** Keys of a view's random numbers, and of the mix that all views of a sample share: what makes it that view and no other. */
import type { ViewName } from '../../distillers/index.ts';

/** Cached teacher logits are of these numbers' places: their order may not change. */
const VIEW_ID: Record<ViewName | 'mix', number> = { weak: 0, strong: 1, mix: 2 };

/** First keys of the fixed sets' streams, one key more than other views have, so that the streams never meet. */
export const FIXED_VIEWS = { stream: 0xf17ed, seed: 1 };

/** The fixed set, from 1, that an epoch, from 1, uses. */
export const viewSetOf = (epoch: number, viewSets: number): number => ((epoch - 1) % viewSets) + 1;

/**
 * @param source `viewSets` 0: keyed by (seed, epoch, sample, view); else by (set, sample, view) whatever the run's seed
 * @param sample index in the training set
 */
export function viewKeys(
  { seed, epoch, viewSets }: { seed: number; epoch: number; viewSets: number },
  sample: number,
  view: ViewName | 'mix',
): number[] {
  if (viewSets === 0) return [seed, epoch, sample, VIEW_ID[view]];
  return [FIXED_VIEWS.stream, FIXED_VIEWS.seed, viewSetOf(epoch, viewSets), sample, VIEW_ID[view]];
}

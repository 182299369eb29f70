/**
 * The range of real numbers that an activation's levels stand for, from what an activation was on calibration images: the one that costs the
 * least squared error when the finer steps inside are set against what is cut off outside.
 */
import type { ActivationScale } from '../../networks/operations/integer-def.ts';
import { middleOf, type Extremes, type Histogram } from './histogram.ts';

/** The scale and zero point of a range; a range of nothing but 0 gets the scale 1. @param largest level */
export function scaleOf({ min, max }: Extremes, largest: number): ActivationScale {
  const scale = (max - min) / largest || 1;
  return { scale, zeroPoint: Math.round(0 - min / scale) };
}

/** Steps of the search, each end from its extreme towards 0 in steps of 2 %. */
const SEARCH_STEPS = 40;
const SEARCH_STEP = 0.02;

/** Each end in turn, twice: the two hardly depend on each other. @returns extremes around 0 */
export function leastErrorRange(histogram: Histogram, largest: number): Extremes {
  let best: Extremes = { min: histogram.min, max: histogram.max };
  let least = squaredError(histogram, best, largest);
  for (let round = 0; round < 2; round++) {
    for (const end of ['max', 'min'] as const) {
      if (histogram[end] === 0) continue;
      for (let step = 0; step < SEARCH_STEPS; step++) {
        const range = { ...best, [end]: histogram[end] * (1 - step * SEARCH_STEP) };
        const error = squaredError(histogram, range, largest);
        if (error < least) [least, best] = [error, range];
      }
    }
  }
  return best;
}

/** Σ count · (value - its activation's real number)². */
export function squaredError(histogram: Histogram, range: Extremes, largest: number): number {
  const { scale, zeroPoint } = scaleOf(range, largest);
  let sum = 0;
  for (let bin = 0; bin < histogram.counts.length; bin++) {
    if (histogram.counts[bin] === 0) continue;
    const value = middleOf(histogram, bin);
    const level = Math.min(largest, Math.max(0, Math.round(value / scale) + zeroPoint));
    sum += histogram.counts[bin] * (value - scale * (level - zeroPoint)) ** 2;
  }
  return sum;
}

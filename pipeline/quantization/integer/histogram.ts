/** Histogram of an activation's values in equal bins, by which a range is chosen. */

const BINS = 2048;

export interface Histogram {
  /** Extremes of the values seen; `min` ≤ 0 ≤ `max`, because padding always makes zero a value. */
  min: number;
  max: number;
  /** Counts in bins of equal width from `min` to `max`. */
  counts: Float64Array;
}

export interface Extremes {
  min: number;
  max: number;
}

/** Extremes of the values and 0. @throws Error for a value that is not finite */
export function extremesOf(values: Float32Array, from: Extremes = { min: 0, max: 0 }): Extremes {
  let { min, max } = from;
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
    if (!Number.isFinite(value)) throw new Error(`an activation is ${value} on a calibration image`);
  }
  return { min, max };
}

export const emptyHistogram = ({ min, max }: Extremes): Histogram => ({ min, max, counts: new Float64Array(BINS) });

/** @param values within the histogram's extremes */
export function countValues({ min, max, counts }: Histogram, values: Float32Array): void {
  if (max === min) return;
  const perUnit = BINS / (max - min);
  for (const value of values) counts[Math.min(BINS - 1, Math.floor((value - min) * perUnit))]++;
}

/** The middle of a bin. */
export const middleOf = ({ min, max }: Histogram, bin: number): number => min + ((bin + 0.5) * (max - min)) / BINS;

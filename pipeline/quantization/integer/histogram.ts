/** Histogram of an activation's values in equal bins, by which a range is chosen; its bins widen as values need it. */

const BINS = 2048;

export interface Histogram {
  /** Extremes of the values seen; `min` ≤ 0 ≤ `max`, because padding always makes zero a value. */
  min: number;
  max: number;
  /** Width of a bin, 0 before there are values other than 0. */
  width: number;
  /** Bin `i` counts values from (first + i) · width on. */
  first: number;
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

export const emptyHistogram = (): Histogram => ({ min: 0, max: 0, width: 0, first: 0, counts: new Float64Array(BINS) });

/** @throws Error for a value that is not finite */
export function countValues(histogram: Histogram, values: Float32Array): void {
  widen(histogram, extremesOf(values, histogram));
  const { width, first, counts } = histogram;
  if (width === 0) return;
  const perUnit = 1 / width;
  for (const value of values) counts[Math.floor(value * perUnit) - first]++;
}

/** Makes room for extremes: bins of twice the width, as often as they need, whose edges are edges of the old ones. */
function widen(histogram: Histogram, { min, max }: Extremes): void {
  Object.assign(histogram, { min, max });
  if (max === min) return;
  const before = histogram.width;
  // A bin is spared at each end: a quotient may be rounded over an edge.
  let width = before || (max - min) / (BINS - 4);
  while (Math.floor(max / width) - Math.floor(min / width) > BINS - 3) width *= 2;
  const first = Math.floor(min / width) - 1;
  if (width === before && first >= histogram.first && Math.floor(max / width) + 1 < histogram.first + BINS) return;
  const counts = new Float64Array(BINS);
  histogram.counts.forEach((count, bin) => {
    if (count > 0) counts[Math.floor(((histogram.first + bin) * before) / width) - first] += count;
  });
  Object.assign(histogram, { width, first, counts });
}

/** The middle of a bin. */
export const middleOf = ({ width, first }: Histogram, bin: number): number => (first + bin + 0.5) * width;

/** A shrinking filter rearranged by source pixels, each of which counts for two results at most. */
import type { FilterWeights } from '../filter-weights.ts';
import { ROUNDING } from './sums.ts';

/**
 * A filter as the shrinking loop takes it: one span more than results. Span i has the pixels from where result i begins
 * to where result i + 1 begins; result i takes span i, and ends with span i + 1. The first span ends no result, the last
 * one begins none.
 */
export interface Spans {
  /** First pixel of each span. */
  first: Int32Array;
  /** Number of pairs of pixels in each span. */
  pairs: Int32Array;
  /** Shortened weights of each pair of each span: both pixels' for the ending result, then for the beginning one. */
  weights: Int16Array;
  /** A weight is its shortened one times this, and its remainder. */
  factor: number;
  /** Remainders of the result that ends with each span, `remainderPairs` pairs. */
  remainders: Int16Array;
  remainderPairs: number;
  /** Least and greatest sum that the remainders add to a weighted sum of levels. */
  lowest: number;
  highest: number;
}

const LARGEST = 32_767;

/** @returns null if a pixel counts for three results or more, as in enlarging, or a result has no weights at all */
export function spansOf(filter: FilterWeights): Spans | null {
  const borders = bordersOf(filter);
  if (!borders) return null;
  const { starts, ends } = borders;
  const { first, weights, stride } = filter;
  const results = first.length;
  const largest = weights.reduce((most, weight) => Math.max(most, weight), 0);
  let factor = 1;
  while (Math.round(largest / factor) > LARGEST) factor *= 2;
  const pairs = Int32Array.from({ length: results + 1 }, (_, span) => (starts[span + 1] - starts[span] + 1) >> 1);
  const remainderPairs = ends.reduce((most, end, result) => Math.max(most, (end - starts[result] + 1) >> 1), 0);
  const shortened = new Int16Array(4 * pairs.reduce((sum, count) => sum + count, 0));
  const remainders = new Int16Array(2 * (results + 1) * remainderPairs);
  let lowest = 0;
  let highest = 0;
  for (let result = 0, spanAt = 0; result < results; result++) {
    const nextSpanAt = spanAt + 4 * pairs[result];
    let below = 0;
    let above = 0;
    for (let pixel = starts[result]; pixel < ends[result]; pixel++) {
      const weight = weights[result * stride + pixel - first[result]];
      const short = Math.round(weight / factor);
      const remainder = weight - short * factor;
      const ending = pixel >= starts[result + 1];
      const place = pixel - (ending ? starts[result + 1] : starts[result]);
      shortened[(ending ? nextSpanAt : spanAt + 2) + 4 * (place >> 1) + (place & 1)] = short;
      remainders[2 * (result + 1) * remainderPairs + pixel - starts[result]] = remainder;
      if (remainder < 0) below += remainder;
      else above += remainder;
    }
    lowest = Math.min(lowest, 255 * below);
    highest = Math.max(highest, 255 * above);
    spanAt = nextSpanAt;
  }
  // The span before the first result ends none, and must not look as if it did.
  if (-lowest > ROUNDING || highest >= ROUNDING) return null;
  return { first: starts.slice(0, results + 1), pairs, weights: shortened, factor, remainders, remainderPairs, lowest, highest };
}

/**
 * Borders of spans: the first weight of each result, then start and end of the last span; and the ends behind each result's last weight.
 */
function bordersOf({ first, taps, weights, stride }: FilterWeights): { starts: Int32Array; ends: Int32Array } | null {
  const results = first.length;
  const starts = new Int32Array(results + 2);
  const ends = new Int32Array(results);
  for (let result = 0; result < results; result++) {
    let from = 0;
    let end = taps[result];
    while (from < end && weights[result * stride + from] === 0) from++;
    while (from < end && weights[result * stride + end - 1] === 0) end--;
    if (from === end) return null;
    starts[result] = first[result] + from;
    ends[result] = first[result] + end;
  }
  const last = results - 1;
  // The last result alone may be cut anywhere.
  starts[results] = Math.max(results > 1 ? ends[last - 1] : 0, (starts[last] + ends[last]) >> 1);
  starts[results + 1] = Math.max(starts[results], ends[last]);
  for (let result = 0; result < results; result++)
    if (starts[result + 1] < starts[result] || ends[result] > starts[result + 2]) return null;
  return { starts, ends };
}

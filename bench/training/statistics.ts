/** Summaries of repeated measurements. */

export interface Quartiles {
  least: number;
  median: number;
  /** First and third quartile: half of the measurements lie between. */
  low: number;
  high: number;
}

/** Least value, and quartiles by linear interpolation between the sorted values. @throws RangeError for no values. */
export function quartiles(values: readonly number[]): Quartiles {
  if (values.length === 0) throw new RangeError('a spread needs at least one value');
  const sorted = [...values].sort((a, b) => a - b);
  const at = (fraction: number): number => {
    const position = fraction * (sorted.length - 1);
    const below = Math.floor(position);
    const above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (sorted[above] - sorted[below]) * (position - below);
  };
  return { least: sorted[0], median: at(0.5), low: at(0.25), high: at(0.75) };
}

/** |a - b| relative to |b|, the reference. */
export const relativeError = (a: number, b: number): number => Math.abs(a - b) / Math.max(Math.abs(b), Number.MIN_VALUE);

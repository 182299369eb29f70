/** The statistics of a comparison: mean and sample standard deviation, Student's t, differences of paired seeds. */

export interface Spread {
  n: number;
  mean: number;
  /** Sample standard deviation (n - 1); undefined for fewer than two values: one run has no spread. */
  sd?: number;
}

/** @throws Error for no values. */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new Error('no values to summarise; expected at least one');
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n === 1) return { n, mean };
  return { n, mean, sd: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1)) };
}

/** The fewest paired runs that an interval is stated for: with two it would span 12.7 standard errors to either side. */
export const LEAST_FOR_INTERVAL = 3;
export const CONFIDENCE = 0.95;

/**
 * Two-sided 95 % interval of the mean of `values` by Student's t with n - 1 degrees of freedom; for differences of paired
 * runs this is the paired t-test. Undefined for fewer than three values, and for
 * equal ones, which say nothing of the spread.
 */
export function tInterval(values: readonly number[]): [low: number, high: number] | undefined {
  const { n, mean, sd } = spreadOf(values);
  // Equal but for rounding is equal.
  if (sd === undefined || sd < 1e-12 || n < LEAST_FOR_INTERVAL) return undefined;
  const half = (tQuantile(CONFIDENCE, n - 1) * sd) / Math.sqrt(n);
  return [mean - half, mean + half];
}

/** The t that a Student variable of `degrees` degrees of freedom stays within (two-sided) with probability `confidence` in (0, 1). */
export function tQuantile(confidence: number, degrees: number): number {
  let [low, high] = [0, 1];
  while (withinT(high, degrees) < confidence) high *= 2;
  for (let i = 0; i < 200 && high - low > 1e-12 * high; i++) {
    const middle = (low + high) / 2;
    if (withinT(middle, degrees) < confidence) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * P(|T| <= t) for whole degrees of freedom, by the finite sums of Abramowitz & Stegun, 26.7.3 and 26.7.4.
 */
function withinT(t: number, degrees: number): number {
  const theta = Math.atan(t / Math.sqrt(degrees));
  const cosine = Math.cos(theta);
  const odd = degrees % 2 === 1;
  let sum = 0;
  let term = odd ? cosine : 1;
  for (let k = odd ? 1 : 0; k <= degrees - 2; k += 2) {
    sum += term;
    term *= cosine ** 2 * ((k + 1) / (k + 2));
  }
  return odd ? (2 / Math.PI) * (theta + Math.sin(theta) * sum) : Math.sin(theta) * sum;
}

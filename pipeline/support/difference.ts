/** Differences between two arrays of numbers. */

/** Largest absolute difference of two arrays of one length; NaN where any value is. */
export function largestDifference(values: ArrayLike<number>, expected: ArrayLike<number>): number {
  let largest = 0;
  // Math.max of a NaN is NaN, and stays one.
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i] - expected[i]));
  return largest;
}

/** Largest absolute difference relative to the largest magnitude expected; NaN where any value is. @throws Error where the lengths differ */
export function relativeDifference(values: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (values.length !== expected.length) throw new Error(`got ${values.length} values; expected ${expected.length}`);
  let magnitude = 0;
  for (let i = 0; i < expected.length; i++) magnitude = Math.max(magnitude, Math.abs(expected[i]));
  return largestDifference(values, expected) / (magnitude || 1);
}

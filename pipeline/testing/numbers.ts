/** Numbers for tests: quick, the same in every run. */

/** `count` values in [low, high), by a linear congruential generator (Numerical Recipes' constants). */
export function uniform(count: number, seed: number, low = -1, high = 1): Float32Array {
  let state = (seed * 2654435761 + 12345) >>> 0;
  const out = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    out[i] = low + ((high - low) * state) / 2 ** 32;
  }
  return out;
}

/**
 * The gradient of a scalar function by central differences of fourth order, one entry at a time.
 * @param step small against what the function curves over, large against its rounding errors
 */
export function centralDifferences(f: (x: Float64Array) => number, at: ArrayLike<number>, step: number): Float64Array {
  const x = Float64Array.from(at);
  const moved = (i: number, by: number): number => {
    const kept = x[i];
    x[i] = kept + by;
    const value = f(x);
    x[i] = kept;
    return value;
  };
  return Float64Array.from(
    x,
    (_, i) => (8 * (moved(i, step) - moved(i, -step)) - (moved(i, 2 * step) - moved(i, -2 * step))) / (12 * step),
  );
}

export function weightedSum(values: ArrayLike<number>, weights: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] * weights[i];
  return sum;
}

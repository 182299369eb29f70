/**
 * The indices of the `k` largest values, largest first; of equal values the lower index first, so that an answer
 * does not depend on a sort's implementation. Fewer if there are fewer values.
 */
export function topK(values: ArrayLike<number>, k: number): number[] {
  return Array.from({ length: values.length }, (_, index) => index)
    .sort((a, b) => values[b] - values[a] || a - b)
    .slice(0, k);
}

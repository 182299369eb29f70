/** Cholesky's factor of a symmetric matrix, and systems solved with it; matrices lie row by row. */

/** @param matrix symmetric, positive definite, `[size, size]` @returns upper triangular R with RᵀR = matrix; zeros below */
export function choleskyFactor(matrix: Float64Array, size: number): Float64Array {
  const r = matrix.slice();
  for (let k = 0; k < size; k++) {
    const row = k * size;
    const pivot = Math.sqrt(r[row + k]);
    for (let j = k; j < size; j++) r[row + j] /= pivot;
    for (let i = k + 1; i < size; i++) {
      const factor = r[row + i];
      const other = i * size;
      r[other + k] = 0;
      if (factor !== 0) for (let j = i; j < size; j++) r[other + j] -= factor * r[row + j];
    }
  }
  return r;
}

/** Replaces `vector` b by x with RᵀR·x = b. */
export function solve(factor: Float64Array, vector: Float64Array): void {
  const size = vector.length;
  for (let i = 0; i < size; i++) {
    const value = (vector[i] /= factor[i * size + i]);
    for (let j = i + 1, at = i * size + i + 1; j < size; j++, at++) vector[j] -= factor[at] * value;
  }
  for (let i = size - 1; i >= 0; i--) {
    let sum = vector[i];
    for (let j = i + 1, at = i * size + i + 1; j < size; j++, at++) sum -= factor[at] * vector[j];
    vector[i] = sum / factor[i * size + i];
  }
}

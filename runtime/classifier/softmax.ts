import { portableExp } from './portable-exp.ts';

/**
 * Probabilities of one row of logits: softmax(logits / temperature), in float64, shifted by the largest logit so
 * that no exponential overflows. The same logits give the same bits everywhere.
 *
 * @param temperature of the package's calibration, > 0
 */
export function softmax(logits: ArrayLike<number>, temperature = 1): Float64Array {
  let largest = -Infinity;
  for (let i = 0; i < logits.length; i++) largest = Math.max(largest, logits[i]);
  const probabilities = new Float64Array(logits.length);
  let sum = 0;
  for (let i = 0; i < logits.length; i++) {
    probabilities[i] = portableExp((logits[i] - largest) / temperature);
    sum += probabilities[i];
  }
  for (let i = 0; i < logits.length; i++) probabilities[i] /= sum;
  return probabilities;
}

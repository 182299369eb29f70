/**
 * 8-bit weights in the format that stock tfjs reads: one affine scale a tensor, w ≈ q·scale + min, q in 0…255
 * (tfjs-core `io/types.ts`, WeightsManifestEntry.quantization). The range is not simply the weights' own: clipping
 * the few largest lets the rest be finer, so the range with the least squared error is searched for.
 */

export interface QuantizedWeights {
  bytes: Uint8Array;
  scale: number;
  min: number;
  /** √(Σ(w - ŵ)² / Σw²): the root of the relative squared error. */
  relativeError: number;
}

/** Candidate ranges: the full one, scaled down in steps of 1 % towards zero, around which a layer's weights lie. */
const SHRINK_STEPS = 30;

/** The values that a reader gets: float32 of q·scale + min, as tfjs's decoder computes it. */
export function dequantize({ bytes, scale, min }: Pick<QuantizedWeights, 'bytes' | 'scale' | 'min'>): Float32Array {
  return Float32Array.from(bytes, (q) => q * scale + min);
}

/**
 * @param weights any number of finite values, at least one
 * @param search false: the weights' own range, whatever its error; for comparison
 */
export function quantizeWeights(weights: Float32Array, search = true): QuantizedWeights {
  let low = Infinity;
  let high = -Infinity;
  for (const weight of weights) {
    low = Math.min(low, weight);
    high = Math.max(high, weight);
  }
  let best: { scale: number; min: number; squaredError: number } | undefined;
  for (let step = 0; step < (search ? SHRINK_STEPS : 1); step++) {
    const keep = 1 - step / 100;
    const min = low * keep;
    // A constant tensor has no range; any positive scale represents it exactly by q = 0.
    const scale = ((high - low) * keep) / 255 || 1;
    if (step > 0 && low === high) break;
    const squaredError = errorOf(weights, scale, min);
    if (!best || squaredError < best.squaredError) best = { scale, min, squaredError };
  }
  const { scale, min, squaredError } = best!;
  const energy = weights.reduce((sum, weight) => sum + weight * weight, 0);
  return { bytes: Uint8Array.from(weights, (weight) => level(weight, scale, min)), scale, min, relativeError: energy > 0 ? Math.sqrt(squaredError / energy) : 0 };
}

const level = (weight: number, scale: number, min: number): number => Math.min(255, Math.max(0, Math.round((weight - min) / scale)));

function errorOf(weights: Float32Array, scale: number, min: number): number {
  let sum = 0;
  for (const weight of weights) sum += (weight - Math.fround(level(weight, scale, min) * scale + min)) ** 2;
  return sum;
}

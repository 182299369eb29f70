/**
 * Weights of an output rounded so that the output changes least on what its inputs are, not each weight to the level that is next
 * to it: the levels q and the scale s of least (w - s·q)ᵀ C (w - s·q), with C the inputs' covariance. Inputs of neighbouring
 * places are much alike, so that errors of one sign add up; the mean of the inputs is the bias's business (`correct-bias.ts`).
 * Each weight in turn takes the level next to what the errors of those before it leave it to be (Frantar et al. 2023, GPTQ, arXiv
 * 2210.17323; the nearest plane of Babai 1986); of few weights levels are then changed one by one as long as that gains.
 */
import { choleskyFactor, solve } from './factorise.ts';

const LARGEST_LEVEL = 127;

/** Statistics of some inputs x of a layer of float32, and of the same as they are in the rounded network, y. */
export interface InputMoments {
  /** Inputs, one behind the other, that these are of. */
  size: number;
  /** Covariance of y, `[size, size]`. */
  covariance: Float64Array;
  /** Covariance of x - y (rows) with y (columns); absent where the two are the same, or nothing is known of it. */
  drift?: Float64Array;
}

export interface RoundedRows {
  /** `[outputs, inputs]`: levels times the scale of their output. */
  weights: Float64Array;
  scales: Float64Array;
}

/** Added to every variance, as a part of the mean variance: directions in which hardly an image moved decide nothing. */
const DAMPING = 0.01;

/** Outputs of so few weights get the best of several scales, and their levels are changed one by one. */
export const FEW_WEIGHTS = 32;
const SCALES = 16;
/** The largest scale that is tried, of the one at which the largest weight is the largest level. */
const LARGEST_SCALE = 1.3;
/** A gain below it, of what one level makes by itself, is rounding. */
const TOLERANCE = 1e-9;

/**
 * @param weights `[outputs, inputs]`
 * @param blocks of all inputs; those of different blocks count as independent
 * @param leastScale of each output
 */
export function roundRows(weights: Float64Array, blocks: readonly InputMoments[], leastScale: Float64Array): RoundedRows {
  const inputs = blocks.reduce((sum, { size }) => sum + size, 0);
  const prepared = blocks.map((moments, b) => {
    const matrix = damped(moments);
    const from = blocks.slice(0, b).reduce((sum, { size }) => sum + size, 0);
    return { ...moments, from, to: from + moments.size, matrix, factor: choleskyFactor(matrix, moments.size) };
  });
  const rounded: RoundedRows = { weights: new Float64Array(weights.length), scales: new Float64Array(leastScale.length) };
  for (let o = 0; o < leastScale.length; o++) {
    const target = weights.slice(o * inputs, (o + 1) * inputs);
    for (const { from, to, drift, factor } of prepared) if (drift) compensate(target.subarray(from, to), drift, factor);
    const plain = target.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0) / LARGEST_LEVEL;
    const [scale, errors] =
      inputs > FEW_WEIGHTS
        ? largestFits(target, prepared, Math.max(leastScale[o], plain))
        : bestOfScales(target, prepared[0].matrix, prepared[0].factor, plain, leastScale[o]);
    rounded.scales[o] = scale;
    for (let i = 0; i < inputs; i++) rounded.weights[o * inputs + i] = target[i] - errors[i];
  }
  return rounded;
}

type ScaleAndErrors = [scale: number, errors: Float64Array];

function largestFits(
  target: Float64Array,
  blocks: readonly { from: number; to: number; factor: Float64Array }[],
  scale: number,
): ScaleAndErrors {
  const errors = new Float64Array(target.length);
  for (const { from, to, factor } of blocks) errors.set(nearestPlane(target.subarray(from, to), factor, scale), from);
  return [scale, errors];
}

function bestOfScales(target: Float64Array, matrix: Float64Array, factor: Float64Array, plain: number, leastScale: number): ScaleAndErrors {
  let best: ScaleAndErrors = [leastScale, target];
  let least = Infinity;
  for (let step = 0; step < SCALES; step++) {
    const scale = Math.max(leastScale, plain * (1 + ((LARGEST_SCALE - 1) * step) / SCALES));
    const errors = nearestPlane(target, factor, scale);
    improve(errors, target, matrix, scale);
    const cost = squaredLength(errors, factor);
    if (cost < least) [best, least] = [[scale, errors], cost];
  }
  return best;
}

function damped({ covariance, size }: InputMoments): Float64Array {
  const matrix = covariance.slice();
  let trace = 0;
  for (let i = 0; i < size; i++) trace += covariance[i * (size + 1)];
  const more = (DAMPING * trace) / size || 1;
  for (let i = 0; i < size; i++) matrix[i * (size + 1)] += more;
  return matrix;
}

/** Changes weights so that they give on y what they gave on x, as far as y tells it: w + (C + λ)⁻¹ Dᵀ w. */
function compensate(weights: Float64Array, drift: Float64Array, factor: Float64Array): void {
  const size = weights.length;
  const change = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    const weight = weights[i];
    for (let j = 0, at = i * size; j < size; j++, at++) change[j] += weight * drift[at];
  }
  solve(factor, change);
  for (let i = 0; i < size; i++) weights[i] += change[i];
}

const levelOf = (weight: number, scale: number): number =>
  scale === 0 ? 0 : Math.max(-LARGEST_LEVEL, Math.min(LARGEST_LEVEL, Math.round(weight / scale)));

/** @returns the errors, weight less level times scale */
function nearestPlane(weights: Float64Array, factor: Float64Array, scale: number): Float64Array {
  const size = weights.length;
  const errors = new Float64Array(size);
  for (let i = size - 1; i >= 0; i--) {
    const row = i * size;
    let sum = 0;
    for (let j = i + 1; j < size; j++) sum += factor[row + j] * errors[j];
    errors[i] = weights[i] - scale * levelOf(weights[i] + sum / factor[row + i], scale);
  }
  return errors;
}

/** Changes levels by one, the change that gains most first, until none gains. */
function improve(errors: Float64Array, weights: Float64Array, matrix: Float64Array, scale: number): void {
  const size = errors.length;
  const slopes = Float64Array.from(errors, (_, i) => errors.reduce((sum, error, j) => sum + matrix[i * size + j] * error, 0));
  for (;;) {
    let [least, at, step] = [0, -1, 0];
    for (let i = 0; i < size; i++) {
      const own = slopes[i] > 0 ? -scale : scale;
      const curvature = matrix[i * (size + 1)];
      const change = own * (2 * slopes[i] + own * curvature);
      const inRange = Math.abs(weights[i] - errors[i] - own) < (LARGEST_LEVEL + 0.5) * scale;
      if (inRange && change < least - TOLERANCE * scale * scale * curvature) [least, at, step] = [change, i, own];
    }
    if (at < 0) return;
    errors[at] += step;
    for (let i = 0; i < size; i++) slopes[i] += step * matrix[i * size + at];
  }
}

/** |R·e|². */
function squaredLength(errors: Float64Array, factor: Float64Array): number {
  const size = errors.length;
  let total = 0;
  for (let i = 0; i < size; i++) {
    let sum = 0;
    for (let j = i; j < size; j++) sum += factor[i * size + j] * errors[j];
    total += sum * sum;
  }
  return total;
}

/**
 * Weights of an output rounded so that the output changes least on what its inputs are, not each weight to the level that is next
 * to it: the levels q and the scale s of least (w - s·q)ᵀ C (w - s·q), with C the inputs' covariance. Inputs of neighbouring
 * places are much alike, so that errors of one sign add up; the mean of the inputs is the bias's business (`correct-bias.ts`).
 * Each weight in turn takes the level next to what the errors of those before it leave it to be (Frantar et al. 2023, GPTQ, arXiv
 * 2210.17323; the nearest plane of Babai 1986). Of few weights, and of few levels, levels are then changed one by one as long as that
 * gains: the objective that AdaRound learns (Nagel et al. 2020, arXiv 2004.10568, equation 21), descended coordinate by coordinate.
 */
import { choleskyFactor, solve } from './factorise.ts';
import { FEW_WEIGHTS, GRID_OF_8_BITS, type WeightGrid } from './weight-grid.ts';

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
  /** `[outputs, inputs]`: levels times their scale. */
  weights: Float64Array;
  /** `[outputs, groups]`, of one group but where the grid has a size of groups. */
  scales: Float64Array;
}

/** Added to every variance, as a part of the mean variance: directions in which hardly an image moved decide nothing. */
const DAMPING = 0.01;

/** A gain below it, of what one level makes by itself, is rounding. */
const TOLERANCE = 1e-9;

/**
 * @param weights `[outputs, inputs]`
 * @param blocks of all inputs; those of different blocks count as independent
 * @param leastScale of each output
 */
export function roundRows(
  weights: Float64Array,
  blocks: readonly InputMoments[],
  leastScale: Float64Array,
  grid: WeightGrid = GRID_OF_8_BITS,
): RoundedRows {
  const inputs = blocks.reduce((sum, { size }) => sum + size, 0);
  const prepared = blocks.map((moments, b): PreparedBlock => {
    const matrix = damped(moments);
    const from = blocks.slice(0, b).reduce((sum, { size }) => sum + size, 0);
    return { ...moments, from, to: from + moments.size, matrix, factor: choleskyFactor(matrix, moments.size) };
  });
  const groups = Math.ceil(inputs / (grid.groupSize ?? inputs));
  const rounded: RoundedRows = { weights: new Float64Array(weights.length), scales: new Float64Array(leastScale.length * groups) };
  for (let o = 0; o < leastScale.length; o++) {
    const target = weights.slice(o * inputs, (o + 1) * inputs);
    for (const { from, to, drift, factor } of prepared) if (drift) compensate(target.subarray(from, to), drift, factor);
    const { scales, errors } = bestOfScales(target, prepared, leastScale[o], grid);
    rounded.scales.set(scales, o * groups);
    for (let i = 0; i < inputs; i++) rounded.weights[o * inputs + i] = target[i] - errors[i];
  }
  return rounded;
}

interface PreparedBlock extends InputMoments {
  from: number;
  to: number;
  matrix: Float64Array;
  factor: Float64Array;
}

interface RoundedRow {
  /** Scale of each group. */
  scales: Float64Array;
  /** Weight less level times scale. */
  errors: Float64Array;
}

function bestOfScales(target: Float64Array, blocks: readonly PreparedBlock[], leastScale: number, grid: WeightGrid): RoundedRow {
  const { groupSize = target.length, largest, precise, tried, triedUpTo } = grid;
  const plain = Float64Array.from({ length: Math.ceil(target.length / groupSize) }, (_, g) =>
    target.subarray(g * groupSize, (g + 1) * groupSize).reduce((most, weight) => Math.max(most, Math.abs(weight)), 0),
  );
  const perWeight = (scales: Float64Array): Float64Array => target.map((_, i) => scales[Math.floor(i / groupSize)]);
  const isSearched = target.length <= triedUpTo;
  const isImprovedEach = target.length <= FEW_WEIGHTS;
  let best: RoundedRow = { scales: plain, errors: target };
  let least = Infinity;
  for (let step = 0; step < (isSearched ? tried.steps : 1); step++) {
    const part = tried.from + ((tried.to - tried.from) * step) / tried.steps;
    const scales = plain.map((most) => precise(Math.max(leastScale, (most / largest) * part)));
    const errors = nearestPlanes(target, blocks, perWeight(scales), largest);
    if (isImprovedEach) improveBlocks(errors, target, blocks, perWeight(scales), largest);
    const cost = isSearched ? blocks.reduce((sum, { from, to, factor }) => sum + squaredLength(errors.subarray(from, to), factor), 0) : 0;
    if (cost < least) [best, least] = [{ scales, errors }, cost];
  }
  if (isSearched && !isImprovedEach) improveBlocks(best.errors, target, blocks, perWeight(best.scales), largest);
  return best;
}

function nearestPlanes(target: Float64Array, blocks: readonly PreparedBlock[], scales: Float64Array, largest: number): Float64Array {
  const errors = new Float64Array(target.length);
  for (const { from, to, factor } of blocks)
    errors.set(nearestPlane(target.subarray(from, to), factor, scales.subarray(from, to), largest), from);
  return errors;
}

function improveBlocks(
  errors: Float64Array,
  target: Float64Array,
  blocks: readonly PreparedBlock[],
  scales: Float64Array,
  largest: number,
): void {
  for (const { from, to, matrix } of blocks)
    improve(errors.subarray(from, to), target.subarray(from, to), matrix, scales.subarray(from, to), largest);
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

const levelOf = (weight: number, scale: number, largest: number): number =>
  scale === 0 ? 0 : Math.max(-largest, Math.min(largest, Math.round(weight / scale)));

/** @returns the errors, weight less level times scale */
function nearestPlane(weights: Float64Array, factor: Float64Array, scales: Float64Array, largest: number): Float64Array {
  const size = weights.length;
  const errors = new Float64Array(size);
  for (let i = size - 1; i >= 0; i--) {
    const row = i * size;
    let sum = 0;
    for (let j = i + 1; j < size; j++) sum += factor[row + j] * errors[j];
    errors[i] = weights[i] - scales[i] * levelOf(weights[i] + sum / factor[row + i], scales[i], largest);
  }
  return errors;
}

/** Changes levels by one, the change that gains most first, until none gains. */
function improve(errors: Float64Array, weights: Float64Array, matrix: Float64Array, scales: Float64Array, largest: number): void {
  const size = errors.length;
  const slopes = new Float64Array(size);
  for (let i = 0; i < size; i++) for (let j = 0, row = i * size; j < size; j++) slopes[i] += matrix[row + j] * errors[j];
  for (;;) {
    let [least, at, step] = [0, -1, 0];
    for (let i = 0; i < size; i++) {
      const scale = scales[i];
      const own = slopes[i] > 0 ? -scale : scale;
      const curvature = matrix[i * (size + 1)];
      const change = own * (2 * slopes[i] + own * curvature);
      const inRange = Math.abs(weights[i] - errors[i] - own) < (largest + 0.5) * scale;
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

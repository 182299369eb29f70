/**
 * Rounding of weights: which of them share a scale, to which levels they are rounded, and how the scale is found. The encodings
 * of packages, the integer variant and quantization-aware training all give such a value to this module.
 */
import { float16Bits, float16Value } from '@sld-edge/runtime/format';

/** Weights that share a scale: the whole tensor, an output channel, or so many weights of an output channel in their order. */
export type Granularity = 'tensor' | 'channel' | { group: number };

/** `largest`: the largest weight gets the largest level. `least-error`: the scale of least squared error is searched for, which may clip. */
export type ScaleRule = 'largest' | 'least-error';

export interface Rounding {
  granularity: Granularity;
  /** Symmetric: w ≈ level · scale, levels from -largest to largest. Affine: w ≈ level · scale + offset, levels from 0 to largest. */
  levels: { kind: 'symmetric' | 'affine'; largest: number };
  rule: ScaleRule;
  /** The numbers that a scale may be. */
  scales: 'float16' | 'float64';
}

export interface Weights {
  data: Float32Array;
  shape: readonly number[];
  /** The dimension that counts output channels. */
  outputAxis: number;
}

export interface Scale {
  scale: number;
  /** Value of level 0; for affine levels alone. */
  offset?: number;
}

/** Weights of 8 bits, a scale for each output channel: what integer programs have. */
export const INT8_CHANNELS = {
  granularity: 'channel',
  levels: { kind: 'symmetric', largest: 127 },
  rule: 'largest',
  scales: 'float64',
} as const satisfies Rounding;

/** Weights of 4 bits, likewise. */
export const INT4_CHANNELS = { ...INT8_CHANNELS, levels: { kind: 'symmetric', largest: 7 } } as const satisfies Rounding;

/** The scale of each set of weights that share one, in the order `[groups, channels]`. */
export function findScales(weights: Weights, { granularity, levels, rule, scales }: Rounding): Scale[] {
  const precise = scales === 'float16' ? (scale: number): number => float16Value(float16Bits(scale)) : (scale: number): number => scale;
  const find = RULES[levels.kind][rule];
  return sharersOf(weights, granularity).map((indices) => find(gather(weights.data, indices), levels.largest, precise));
}

/** The level of every weight, in the weights' order. @param scales as `findScales` gives them, or larger ones */
export function roundToLevels(weights: Weights, rounding: Rounding, scales: readonly Scale[]): Int16Array {
  const levels = new Int16Array(weights.data.length);
  visitLevels(weights, rounding, scales, (i, level) => (levels[i] = level));
  return levels;
}

/** The weights as they are after rounding. */
export const roundedWeights = (weights: Weights, rounding: Rounding): Float32Array =>
  roundedBy(weights, rounding, findScales(weights, rounding));

/** The weights as they are after rounding to whole multiples of given steps, one for each set that shares one. */
export const levelsTimesSteps = (weights: Weights, rounding: Rounding, steps: Float32Array): Float32Array =>
  roundedBy(
    weights,
    rounding,
    Array.from(steps, (scale) => ({ scale: Math.max(scale, 0) })),
  );

function roundedBy(weights: Weights, rounding: Rounding, scales: readonly Scale[]): Float32Array {
  const values = new Float32Array(weights.data.length);
  visitLevels(
    weights,
    rounding,
    scales,
    (i, level, { scale, offset }) => (values[i] = offset === undefined ? level * scale : level * scale + offset),
  );
  return values;
}

function visitLevels(
  weights: Weights,
  { granularity, levels }: Rounding,
  scales: readonly Scale[],
  visit: (index: number, level: number, scale: Scale) => void,
): void {
  const nearest = levels.kind === 'symmetric' ? symmetricLevel : affineLevel;
  sharersOf(weights, granularity).forEach(({ length, at }, s) => {
    for (let i = 0; i < length; i++) visit(at(i), nearest(weights.data[at(i)], scales[s], levels.largest), scales[s]);
  });
}

/** Places of weights that share a scale. */
interface Sharers {
  length: number;
  at(i: number): number;
}

/** @returns `[groups, channels]` of them, row by row */
function sharersOf({ data, shape, outputAxis }: Weights, granularity: Granularity): Sharers[] {
  if (granularity === 'tensor') return [{ length: data.length, at: (i) => i }];
  const channels = shape[outputAxis];
  const behind = shape.slice(outputAxis + 1).reduce((product, size) => product * size, 1);
  const perChannel = data.length / channels;
  const groupSize = granularity === 'channel' ? perChannel : granularity.group;
  return Array.from({ length: channels * Math.ceil(perChannel / groupSize) }, (_, s) => {
    const [first, channel] = [Math.floor(s / channels) * groupSize, s % channels];
    return {
      length: Math.min(groupSize, perChannel - first),
      at: (i) => (Math.floor((first + i) / behind) * channels + channel) * behind + ((first + i) % behind),
    };
  });
}

const gather = (data: Float32Array, { length, at }: Sharers): Float32Array => Float32Array.from({ length }, (_, i) => data[at(i)]);

/** Halves go upwards, as `Math.round` has it. */
const symmetricLevel = (weight: number, { scale }: Scale, largest: number): number =>
  scale === 0 ? 0 : Math.max(-largest, Math.min(largest, Math.round(weight / scale)));

const affineLevel = (weight: number, { scale, offset = 0 }: Scale, largest: number): number =>
  Math.min(largest, Math.max(0, Math.round((weight - offset) / scale)));

/** @param precise brings a scale to one that may be */
type FindScale = (weights: Float32Array, largest: number, precise: (scale: number) => number) => Scale;

const RULES: Record<Rounding['levels']['kind'], Record<ScaleRule, FindScale>> = {
  symmetric: {
    largest: (weights, largest, precise) => ({ scale: precise(largestOf(weights) / largest) }),
    'least-error': (weights, largest, precise) => ({ scale: leastErrorSymmetric(weights, largest, precise) }),
  },
  affine: {
    largest: (weights, largest, precise) => leastErrorAffine(weights, largest, precise, 1),
    'least-error': (weights, largest, precise) => leastErrorAffine(weights, largest, precise, AFFINE_STEPS),
  },
};

const largestOf = (weights: Float32Array): number => weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);

/** Scales that are tried: the largest weight is up to twice the largest level, and clipped, in so many steps. */
const SYMMETRIC_STEPS = 28;

function leastErrorSymmetric(weights: Float32Array, largest: number, precise: (scale: number) => number): number {
  const most = largestOf(weights);
  let best = precise(most / largest);
  let least = symmetricError(weights, best, largest);
  const consider = (wanted: number): boolean => {
    const scale = precise(wanted);
    const error = symmetricError(weights, scale, largest);
    if (!(error < least)) return false;
    [best, least] = [scale, error];
    return true;
  };
  for (let step = 1; step <= SYMMETRIC_STEPS; step++) consider(most / (largest * (1 + step / SYMMETRIC_STEPS)));
  // Weights that are few levels already, of which the largest is not used.
  for (let level = 1; largest < 16 && level < largest; level++) consider(most / level);
  // With the levels as they are, the best scale is that of a regression; it may move levels, so again.
  while (least > 0 && consider(regression(weights, best, largest)));
  return best;
}

function symmetricError(weights: Float32Array, scale: number, largest: number): number {
  let sum = 0;
  for (const weight of weights) sum += (weight - scale * symmetricLevel(weight, { scale }, largest)) ** 2;
  return sum;
}

function regression(weights: Float32Array, scale: number, largest: number): number {
  let products = 0;
  let squares = 0;
  for (const weight of weights) {
    const level = symmetricLevel(weight, { scale }, largest);
    products += weight * level;
    squares += level * level;
  }
  return squares === 0 ? scale : products / squares;
}

/** Ranges that are tried: the weights' own, and smaller ones in steps of 1 % towards zero, around which a layer's weights lie. */
const AFFINE_STEPS = 30;

function leastErrorAffine(weights: Float32Array, largest: number, precise: (scale: number) => number, steps: number): Scale {
  let [low, high] = [Infinity, -Infinity];
  for (const weight of weights) [low, high] = [Math.min(low, weight), Math.max(high, weight)];
  let best = { scale: 1, offset: low };
  let least = Infinity;
  // A constant tensor has no range: any positive scale represents it exactly by level 0.
  for (let step = 0; step < (low === high ? 1 : steps); step++) {
    const keep = 1 - step / 100;
    const range = { scale: precise(((high - low) * keep) / largest) || 1, offset: low * keep };
    const error = affineError(weights, range, largest);
    if (error < least) [best, least] = [range, error];
  }
  return best;
}

/** Squared error of the float32 values that tfjs's decoder computes. */
function affineError(weights: Float32Array, range: Required<Scale>, largest: number): number {
  let sum = 0;
  for (const weight of weights) sum += (weight - Math.fround(affineLevel(weight, range, largest) * range.scale + range.offset)) ** 2;
  return sum;
}

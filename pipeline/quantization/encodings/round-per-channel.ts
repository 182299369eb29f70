/**
 * Symmetric levels with a scale for each output channel (and, where asked for, each group of a channel's weights):
 * w ≈ level · scale. The scale is that of the largest weight or, since clipping it lets the others be finer, the one of least
 * squared error, searched for among float16 numbers, which is what the file has.
 */
import { float16Bits, float16Value } from '@sld-edge/runtime/package/float16.ts';
import { channelLayout, LARGEST_LEVEL, type ChannelQuantization } from '@sld-edge/runtime/package/mixed-weights.ts';
import type { EncodedTensor, ScaleRule, TensorValues } from './encoding.ts';

export interface ChannelRounding extends Pick<ChannelQuantization, 'dtype' | 'groupSize'> {
  scale: ScaleRule;
}

/** The dimension of the output channels: a depthwise filter is `[k, k, channels, 1]`, others end in their outputs. */
export const outputAxis = (shape: number[]): number => (shape.length === 4 && shape[3] === 1 ? 2 : shape.length - 1);

/** The nearest level of a weight; halves away from it upwards, as `Math.round` has it. */
export const nearestLevel = (weight: number, scale: number, largest: number): number => (scale === 0 ? 0 : Math.max(-largest, Math.min(largest, Math.round(weight / scale))));

/** @throws Error in one line where a scale would leave float16 */
export function roundPerChannel({ shape, data }: TensorValues, { dtype, groupSize, scale: rule }: ChannelRounding): EncodedTensor {
  const quantization: ChannelQuantization = { dtype, axis: outputAxis(shape), scales: 'float16', ...(groupSize !== undefined && { groupSize }) };
  const { channels, groups, groupSize: perGroup } = channelLayout({ shape, quantization });
  const largest = LARGEST_LEVEL[dtype];
  const scaleBytes = 2 * channels * groups;
  const view = new DataView(new ArrayBuffer(scaleBytes + (dtype === 'int8' ? data.length : Math.ceil(data.length / 2))));
  for (let group = 0; group < groups; group++) {
    for (let channel = 0; channel < channels; channel++) {
      const indices = [];
      for (let row = group * perGroup; row < (group + 1) * perGroup && row * channels < data.length; row++) indices.push(row * channels + channel);
      const own = Float64Array.from(indices, (i) => data[i]);
      const bits = SCALE_RULES[rule](own, largest);
      if (bits >= INFINITY) throw new Error(`${dtype} holds magnitudes up to ${largest * 65504}, got ${own.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0)}`);
      view.setUint16(2 * (group * channels + channel), bits, true);
      const scale = float16Value(bits);
      indices.forEach((i) => storeLevel(view, scaleBytes, dtype, i, nearestLevel(data[i], scale, largest)));
    }
  }
  return { quantization, bytes: new Uint8Array(view.buffer) };
}

const INFINITY = float16Bits(Infinity);

/** Of the weights that share it; a float16 pattern. */
const SCALE_RULES: Record<ScaleRule, (weights: Float64Array, largest: number) => number> = { largest: plainScale, 'least-error': leastErrorScale };

function storeLevel(view: DataView, start: number, dtype: ChannelQuantization['dtype'], i: number, level: number): void {
  if (dtype === 'int8') view.setInt8(start + i, level);
  else view.setUint8(start + (i >> 1), view.getUint8(start + (i >> 1)) | ((level & 15) << (i % 2 ? 4 : 0)));
}

const largestOf = (weights: Float64Array): number => weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);

function plainScale(weights: Float64Array, largest: number): number {
  return float16Bits(largestOf(weights) / largest);
}

/** Scales that are tried: the largest weight is up to twice the largest level (and clipped), in so many steps. */
const STEPS = 28;

function leastErrorScale(weights: Float64Array, largest: number): number {
  const most = largestOf(weights);
  let best = float16Bits(most / largest);
  let least = squaredError(weights, float16Value(best), largest);
  const consider = (scale: number): boolean => {
    const bits = float16Bits(scale);
    const error = squaredError(weights, float16Value(bits), largest);
    if (!(error < least)) return false;
    [best, least] = [bits, error];
    return true;
  };
  for (let step = 1; step <= STEPS; step++) consider(most / (largest * (1 + step / STEPS)));
  // Weights that are few levels already, of which the largest is not used.
  for (let level = 1; largest < 16 && level < largest; level++) consider(most / level);
  // With the levels as they are, the best scale is that of a regression; it may move levels, so again.
  while (least > 0 && consider(regression(weights, float16Value(best), largest)));
  return best;
}

function squaredError(weights: Float64Array, scale: number, largest: number): number {
  let sum = 0;
  for (const weight of weights) sum += (weight - scale * nearestLevel(weight, scale, largest)) ** 2;
  return sum;
}

function regression(weights: Float64Array, scale: number, largest: number): number {
  let products = 0;
  let squares = 0;
  for (const weight of weights) {
    const level = nearestLevel(weight, scale, largest);
    products += weight * level;
    squares += level * level;
  }
  return squares === 0 ? scale : products / squares;
}

/** The ways to store a tensor of weights. Adding one is a line here, and what reads it (`runtime/package/mixed-weights.ts`). */
import { type ChannelQuantization, decodeWeightEntry, float16Bits, LARGEST_LEVEL, type WeightQuantization } from '@sld-edge/runtime/format';
import { findScales, roundToLevels, type Rounding, type ScaleRule } from '../networks/rounding.ts';

/** Values of a constant, in the layout in which a graph file has them. */
export interface TensorValues {
  shape: number[];
  data: Float32Array;
}

/** A tensor as it lies in a weight file. */
export interface EncodedTensor {
  /** Its entry in `model.json`; absent: float32. */
  quantization?: WeightQuantization;
  bytes: Uint8Array;
}

interface Encoding {
  /** Summary for people. */
  summary: string;
  /** True if stock `tf.loadGraphModel` reads it. */
  stock: boolean;
  /** True if biases and the like may be stored so too; weights always may. */
  biases: boolean;
  /** Rules for its scales that a mix chooses from, the usual one first; none where it has no scale. A file does not say which it was. */
  rules: readonly ScaleRule[];
  /** @throws Error in one line for values that it can't hold */
  encode(tensor: TensorValues, rule: ScaleRule): EncodedTensor;
}

export const encodings = {
  float32: {
    summary: 'as trained',
    stock: true,
    biases: true,
    rules: [],
    encode: ({ data }) => ({ bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) }),
  },
  float16: { summary: 'IEEE half precision', stock: true, biases: true, rules: [], encode: encodeFloat16 },
  uint8: { summary: '8 bits, one scale and minimum a tensor', stock: true, biases: false, rules: ['least-error'], encode: encodeUint8 },
  int8: perChannel('8 bits, a scale for each output channel', { dtype: 'int8' }, ['least-error']),
  int4: perChannel('4 bits, a scale for each output channel', { dtype: 'int4' }, ['least-error', 'largest']),
  int4g32: perChannel("4 bits, a scale for every 32 of an output channel's weights", { dtype: 'int4', groupSize: 32 }, [
    'least-error',
    'largest',
  ]),
} satisfies Record<string, Encoding>;

export type EncodingName = keyof typeof encodings;

export const ENCODING_NAMES = Object.keys(encodings) as EncodingName[];

/** Encoding of a tensor, and the rule for its scales. */
export interface StorageFormat {
  encoding: EncodingName;
  /** Rule by which its scales are found; `learned`: weights lie on levels already (`mixed/learned-rounding.ts`). Absent: least error, or no scales. */
  rule?: ScaleRule | 'learned';
}

/** Storage of each tensor, by its name (`layer1.0.conv1/kernel`); those that it does not name are float32. */
export type Mix = ReadonlyMap<string, StorageFormat>;

/** All ways of storing by an encoding that a mix chooses from. */
export const storagesOf = (encoding: EncodingName): StorageFormat[] => {
  const { rules }: Encoding = encodings[encoding];
  return rules.length === 0 ? [{ encoding }] : rules.map((rule) => ({ encoding, rule }));
};

const RULE_NAMES = { largest: ' plain', 'least-error': '', learned: ' learned' };

/** A name for people: `int4`; `int4 plain` where scales are those of the largest weights; `int4 learned`. */
export const storageName = ({ encoding, rule = 'least-error' }: StorageFormat): string => `${encoding}${RULE_NAMES[rule]}`;

/** @throws Error in one line for values that it can't hold */
export function encode(tensor: TensorValues, { encoding, rule = 'least-error' }: StorageFormat): EncodedTensor {
  // The least error of what lies on levels is none: their scale is found again.
  return encodings[encoding].encode(tensor, rule === 'learned' ? 'least-error' : rule);
}

/** The values that a reader gets. */
export const decoded = ({ shape }: Pick<TensorValues, 'shape'>, { quantization, bytes }: EncodedTensor): Float32Array =>
  decodeWeightEntry({ shape, quantization }, bytes, 'weights');

/** √(Σ(w - ŵ)² / Σw²): the root of the relative squared error. */
export function relativeL2Error(weights: Float32Array, read: Float32Array): number {
  let error = 0;
  let energy = 0;
  weights.forEach((weight, i) => {
    error += (weight - read[i]) ** 2;
    energy += weight * weight;
  });
  return energy > 0 ? Math.sqrt(error / energy) : 0;
}

/** 11 significant bits, magnitudes from 6e-8 to this. */
const LARGEST_FLOAT16 = 65504;

function encodeFloat16({ data }: TensorValues): EncodedTensor {
  const tooLarge = data.find((value) => !(Math.abs(value) <= LARGEST_FLOAT16));
  if (tooLarge !== undefined) throw new Error(`float16 holds magnitudes up to ${LARGEST_FLOAT16}, got ${tooLarge}`);
  const view = new DataView(new ArrayBuffer(2 * data.length));
  data.forEach((value, i) => view.setUint16(2 * i, float16Bits(value), true));
  return { quantization: { dtype: 'float16' }, bytes: new Uint8Array(view.buffer) };
}

/** Stock TensorFlow.js's 8 bits (tfjs-core's WeightsManifestEntry.quantization): w ≈ q · scale + min. */
function encodeUint8({ data, shape }: TensorValues, rule: ScaleRule): EncodedTensor {
  const rounding: Rounding = { granularity: 'tensor', levels: { kind: 'affine', largest: 255 }, rule, scales: 'float64' };
  const weights = { data, shape, outputAxis: outputAxis(shape) };
  const scales = findScales(weights, rounding);
  const [{ scale, offset }] = scales;
  return { quantization: { dtype: 'uint8', scale, min: offset! }, bytes: Uint8Array.from(roundToLevels(weights, rounding, scales)) };
}

/** The dimension of the output channels: a depthwise filter is `[k, k, channels, 1]`, others end in their outputs. */
export const outputAxis = (shape: readonly number[]): number => (shape.length === 4 && shape[3] === 1 ? 2 : shape.length - 1);

function perChannel(summary: string, { dtype, groupSize }: Pick<ChannelQuantization, 'dtype' | 'groupSize'>, rules: ScaleRule[]): Encoding {
  const largest = LARGEST_LEVEL[dtype];
  return {
    summary,
    stock: false,
    biases: false,
    rules,
    encode({ shape, data }, rule) {
      const rounding: Rounding = {
        granularity: groupSize === undefined ? 'channel' : { group: groupSize },
        levels: { kind: 'symmetric', largest },
        rule,
        scales: 'float16',
      };
      const weights = { data, shape, outputAxis: outputAxis(shape) };
      const scales = findScales(weights, rounding);
      if (scales.some(({ scale }) => !(scale < Infinity)))
        throw new Error(
          `${dtype} holds magnitudes up to ${largest * LARGEST_FLOAT16}, got ${data.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0)}`,
        );
      const quantization: ChannelQuantization = {
        dtype,
        axis: weights.outputAxis,
        scales: 'float16',
        ...(groupSize !== undefined && { groupSize }),
      };
      const scaleBytes = encodeFloat16({ shape, data: Float32Array.from(scales, ({ scale }) => scale) }).bytes;
      const levels = roundToLevels(weights, rounding, scales);
      const levelBytes = dtype === 'int8' ? Uint8Array.from(levels) : pairsOf(levels);
      const bytes = new Uint8Array(scaleBytes.length + levelBytes.length);
      bytes.set(scaleBytes);
      bytes.set(levelBytes, scaleBytes.length);
      return { quantization, bytes };
    },
  };
}

/** Two levels in a byte, the first in its lower half. */
function pairsOf(levels: Int16Array): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(levels.length / 2));
  levels.forEach((level, i) => (bytes[i >> 1] |= (level & 15) << (i % 2 ? 4 : 0)));
  return bytes;
}

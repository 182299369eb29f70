/**
 * Weights in finer encodings than stock TensorFlow.js reads: a scale for each output channel, 4-bit values, float16 beside
 * them. Decoded before a graph is loaded, so that every backend computes with the same float32 numbers.
 * Format: docs/package-format.md, "Mixed weights".
 */
import { arrayAt, integerAt, invalid, numberAt, objectAt, oneOf, stringAt, type JsonObject } from './field-checks.ts';
import { float16Value } from './float16.ts';

/** `format` of a `model.json` that only `decodeMixedWeights` can read. */
export const MIXED_FORMAT = 'sld-edge-graph-model';

/** Storage of a tensor's values in the weight file. Absent: as they are. */
export type WeightQuantization =
  /** Stock: value = q · scale + min, q one byte from 0 to 255. */
  | { dtype: 'uint8'; scale: number; min: number }
  /** Stock: two bytes a value. */
  | { dtype: 'float16' }
  /** Scales, then levels: value = level · scale of its channel (and group). */
  | ChannelQuantization;

export interface ChannelQuantization {
  /** Levels from -127 to 127, a byte each; or from -7 to 7, two in a byte, the first in its lower half. */
  dtype: 'int8' | 'int4';
  /** The dimension of the output channels; those behind it have the size 1. */
  axis: number;
  /** Their type: `[groups, channels]` of them lie in front of the levels. */
  scales: 'float16';
  /** Number of a channel's values, in their order, that share a scale. Absent: all. */
  groupSize?: number;
}

export interface WeightEntry {
  name: string;
  shape: number[];
  dtype: 'float32' | 'int32';
  quantization?: WeightQuantization;
}

/** The largest level of each. -128 and -8 are never used. */
export const LARGEST_LEVEL = { int8: 127, int4: 7 } as const;

const SCALE_BYTES = 2;

const sizeOf = (shape: number[]): number => shape.reduce((product, size) => product * size, 1);

/** Layout of a tensor's scales and levels: `group` and channel of value i are ⌊⌊i / channels⌋ / groupSize⌋ and i mod channels. */
export function channelLayout({
  shape,
  quantization: { axis, groupSize },
}: {
  shape: number[];
  quantization: Pick<ChannelQuantization, 'axis' | 'groupSize'>;
}): { channels: number; groupSize: number; groups: number } {
  const channels = shape[axis];
  const perChannel = sizeOf(shape) / channels;
  return { channels, groupSize: groupSize ?? perChannel, groups: groupSize === undefined ? 1 : Math.ceil(perChannel / groupSize) };
}

/** Bytes that a tensor occupies in the weight file. */
export function weightEntryBytes({ shape, quantization }: WeightEntry): number {
  const count = sizeOf(shape);
  if (!quantization) return 4 * count;
  switch (quantization.dtype) {
    case 'uint8':
      return count;
    case 'float16':
      return 2 * count;
    case 'int8':
    case 'int4': {
      const { channels, groups } = channelLayout({ shape, quantization });
      return SCALE_BYTES * channels * groups + (quantization.dtype === 'int8' ? count : Math.ceil(count / 2));
    }
  }
}

/**
 * The values of one tensor of the weight file.
 *
 * @param bytes its own, `weightEntryBytes` of them
 * @param field names the entry in an error
 * @throws AppError PACKAGE_MANIFEST_INVALID for a scale or level that no writer writes
 */
export function decodeWeightEntry(
  { shape, quantization }: Pick<WeightEntry, 'shape' | 'quantization'>,
  bytes: Uint8Array,
  field: string,
): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out = new Float32Array(sizeOf(shape));
  if (!quantization) for (let i = 0; i < out.length; i++) out[i] = view.getFloat32(4 * i, true);
  else if (quantization.dtype === 'uint8') for (let i = 0; i < out.length; i++) out[i] = bytes[i] * quantization.scale + quantization.min;
  else if (quantization.dtype === 'float16') {
    for (let i = 0; i < out.length; i++) {
      out[i] = float16Value(view.getUint16(2 * i, true));
      if (!Number.isFinite(out[i])) invalid(`${field}: value ${i}`, 'a finite number', String(out[i]));
    }
  } else decodeChannels(shape, quantization, view, out, field);
  return out;
}

function decodeChannels(shape: number[], quantization: ChannelQuantization, view: DataView, out: Float32Array, field: string): void {
  const { channels, groups, groupSize } = channelLayout({ shape, quantization });
  const scales = Float32Array.from({ length: groups * channels }, (_, i) => float16Value(view.getUint16(SCALE_BYTES * i, true)));
  const broken = scales.findIndex((scale) => !(scale >= 0 && scale < Infinity));
  if (broken >= 0) invalid(`${field}: scale ${broken}`, 'a number from 0', String(scales[broken]));
  const start = SCALE_BYTES * scales.length;
  const largest = LARGEST_LEVEL[quantization.dtype];
  const levelAt =
    quantization.dtype === 'int8'
      ? (i: number): number => view.getInt8(start + i)
      : (i: number): number => (view.getInt8(start + (i >> 1)) << (i % 2 ? 24 : 28)) >> 28;
  for (let i = 0; i < out.length; i++) {
    const level = levelAt(i);
    if (level < -largest) invalid(`${field}: level ${i}`, `at least ${-largest}`, level);
    out[i] = level * scales[Math.floor(Math.floor(i / channels) / groupSize) * channels + (i % channels)];
  }
  if (quantization.dtype === 'int4' && out.length % 2 === 1 && levelAt(out.length) !== 0)
    invalid(`${field}: the unused half of the last byte`, '0', levelAt(out.length));
}

/**
 * A graph model of mixed weights as stock TensorFlow.js takes it: `format` `graph-model`, weights in float32.
 *
 * @param modelJson the parsed `model.json`
 * @param weights its shards, joined
 * @param path of `model.json`, for errors
 * @throws AppError PACKAGE_MANIFEST_INVALID naming the entry: another format, an encoding that is not known, weights that are
 *   too few or too many, a number that no writer writes
 */
export function decodeMixedWeights(
  modelJson: object,
  weights: ArrayBuffer,
  path = 'model.json',
): { modelJson: object; weights: ArrayBuffer } {
  const json = modelJson as JsonObject;
  oneOf(`${path}: format`, json.format, [MIXED_FORMAT]);
  const groups = arrayAt(`${path}: weightsManifest`, json.weightsManifest).map((group, g) => {
    const field = `${path}: weightsManifest[${g}]`;
    const object = objectAt(field, group);
    return {
      ...object,
      weights: arrayAt(`${field}.weights`, object.weights).map((entry, i) => checkedEntry(`${field}.weights[${i}]`, entry)),
    };
  });
  const entries = groups.flatMap((group) => group.weights);
  const expected = entries.reduce((sum, { entry }) => sum + weightEntryBytes(entry), 0);
  if (weights.byteLength !== expected) invalid(`${path}: weightsManifest`, `the ${weights.byteLength} bytes of its shards`, expected);

  const decoded = new Uint8Array(entries.reduce((sum, { entry }) => sum + 4 * sizeOf(entry.shape), 0));
  let from = 0;
  let to = 0;
  for (const { entry, field } of entries) {
    const bytes = new Uint8Array(weights, from, weightEntryBytes(entry));
    const values = entry.quantization ? littleEndian(decodeWeightEntry(entry, bytes, `${field} (${entry.name})`)) : bytes;
    decoded.set(values, to);
    from += bytes.length;
    to += values.length;
  }
  const weightsManifest = groups.map((group) => ({
    ...group,
    weights: group.weights.map(({ entry: { name, shape, dtype } }) => ({ name, shape, dtype })),
  }));
  return { modelJson: { ...json, format: 'graph-model', weightsManifest }, weights: decoded.buffer };
}

function littleEndian(values: Float32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, i) => view.setFloat32(4 * i, value, true));
  return new Uint8Array(view.buffer);
}

function checkedEntry(field: string, value: unknown): { entry: WeightEntry; field: string } {
  const entry = objectAt(field, value);
  const name = stringAt(`${field}.name`, entry.name, /./);
  const shape = arrayAt(`${field}.shape`, entry.shape).map((size, i) => integerAt(`${field}.shape[${i}]`, size, 1));
  integerAt(`${field}.shape`, sizeOf(shape), 1);
  const dtype = oneOf(`${field}.dtype`, entry.dtype, ['float32', 'int32'] as const) as WeightEntry['dtype'];
  if (entry.quantization === undefined) return { entry: { name, shape, dtype }, field };
  oneOf(`${field}.dtype`, dtype, ['float32']);
  return {
    entry: {
      name,
      shape,
      dtype,
      quantization: checkedQuantization(`${field}.quantization`, objectAt(`${field}.quantization`, entry.quantization), shape),
    },
    field,
  };
}

function checkedQuantization(field: string, quantization: JsonObject, shape: number[]): WeightQuantization {
  const dtype = oneOf(`${field}.dtype`, quantization.dtype, ['uint8', 'float16', 'int8', 'int4']) as WeightQuantization['dtype'];
  if (dtype === 'float16') return { dtype };
  if (dtype === 'uint8')
    return { dtype, scale: numberAt(`${field}.scale`, quantization.scale, 0), min: numberAt(`${field}.min`, quantization.min) };
  const axis = integerAt(`${field}.axis`, quantization.axis, 0);
  if (axis >= shape.length || sizeOf(shape.slice(axis + 1)) !== 1)
    invalid(`${field}.axis`, `a dimension of [${shape}] with nothing behind it`, axis);
  const scales = oneOf(`${field}.scales`, quantization.scales, ['float16'] as const) as 'float16';
  if (quantization.groupSize === undefined) return { dtype, axis, scales };
  return { dtype, axis, scales, groupSize: integerAt(`${field}.groupSize`, quantization.groupSize, 1) };
}

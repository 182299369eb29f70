/** The ways to store a tensor of weights. Adding one is one file and one line here (and what reads it, `runtime/package/mixed-weights.ts`). */
import { decodeWeightEntry } from '@sld-edge/runtime/package/mixed-weights.ts';
import type { EncodedTensor, Encoding, ScaleRule, TensorValues } from './encoding.ts';
import { float16 } from './float16.ts';
import { float32 } from './float32.ts';
import { int4, int4g32, int8 } from './per-channel.ts';
import { uint8 } from './uint8.ts';

/** A plain one differs from its namesake in how its scales are found, not in how a file is read. */
export const encodings = {
  float32,
  float16,
  uint8: uint8('least-error'),
  'uint8-plain': uint8('largest'),
  int8: int8('least-error'),
  'int8-plain': int8('largest'),
  int4: int4('least-error'),
  'int4-plain': int4('largest'),
  int4g32: int4g32('least-error'),
  'int4g32-plain': int4g32('largest'),
} satisfies Record<string, Encoding>;

export type EncodingName = keyof typeof encodings;

export const ENCODING_NAMES = Object.keys(encodings) as EncodingName[];

/** The encoding of each tensor by its name (`layer1.0.conv1/kernel`); those that it does not name are float32. */
export type Mix = ReadonlyMap<string, EncodingName>;

/** The values that a reader gets. */
export const decoded = ({ shape }: Pick<TensorValues, 'shape'>, { quantization, bytes }: EncodedTensor): Float32Array => decodeWeightEntry({ shape, quantization }, bytes, 'weights');

/** √(Σ(w - ŵ)² / Σw²): the root of the relative squared error. */
export function relativeError(weights: Float32Array, read: Float32Array): number {
  let error = 0;
  let energy = 0;
  weights.forEach((weight, i) => {
    error += (weight - read[i]) ** 2;
    energy += weight * weight;
  });
  return energy > 0 ? Math.sqrt(error / energy) : 0;
}

export type { EncodedTensor, Encoding, ScaleRule, TensorValues };

/** Activations of a node on all calibration images, a batch after the other: of the float network, and as levels. */
import type { ActivationScale } from '../../networks/operations/integer-def.ts';
import type { ActivationShape } from '../../networks/operations/operation.ts';
import { elementCount } from '../../networks/state.ts';
import type { MeanInput } from '../correct-bias.ts';

export interface Activations {
  shape: ActivationShape;
  /** NHWC, in batches of whole images: real numbers, or levels. */
  batches: readonly (Float32Array | Uint8Array)[];
  /** Scale of levels; absent of real numbers. */
  levels?: ActivationScale;
}

/** Real numbers of a batch; the very array if it holds them. */
export function realBatch({ batches, levels }: Activations, batch: number): Float32Array {
  const values = batches[batch];
  if (values instanceof Float32Array) return values;
  const { scale, zeroPoint } = levels!;
  const table = Float32Array.from({ length: 256 }, (_, level) => scale * (level - zeroPoint));
  const real = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) real[i] = table[values[i]];
  return real;
}

/** @param scale, zeroPoint, largest of a node's levels */
export function activationLevels(values: Float32Array, { scale, zeroPoint, largest }: ActivationScale & { largest: number }): Uint8Array {
  const levels = new Uint8Array(values.length);
  const [perLevel, offset] = [1 / scale, zeroPoint + 0.5];
  for (let i = 0; i < values.length; i++) {
    const level = values[i] * perLevel + offset;
    levels[i] = level <= 0 ? 0 : level >= largest ? largest : level;
  }
  return levels;
}

/** The mean over images of each value. */
export function meanOf(activations: Activations): MeanInput {
  const { shape, batches, levels } = activations;
  const size = elementCount(shape);
  const sums = new Float64Array(size);
  let count = 0;
  for (const values of batches) {
    for (let at = 0; at < values.length; at += size) for (let i = 0; i < size; i++) sums[i] += values[at + i];
    count += values.length / size;
  }
  const { scale, zeroPoint } = levels ?? { scale: 1, zeroPoint: 0 };
  return { shape, data: Float32Array.from(sums, (sum) => scale * (sum / count - zeroPoint)) };
}

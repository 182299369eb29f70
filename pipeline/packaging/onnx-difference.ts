/** An ONNX model held against the reference backend, on ONNX Runtime. */
import type { Preprocessing } from '@sld-edge/runtime';
import type { ImageSet } from '../data/sets/index.ts';
import { createSession } from '../evaluation/onnx-session.ts';
import { PLAIN_SCALE, teacherInput, toTeacherPixels, type ImageSize } from '../evaluation/model-input.ts';

/** Both compute in float32, in another order. */
export const LOGIT_TOLERANCE = 1e-4;

const BATCH = 64;

/**
 * @param size of the set's images, where the model's differs
 * @returns `[images, classes]`, as one of our ONNX models gives them on ONNX Runtime
 */
export async function onnxLogits(model: Uint8Array, { images, count }: { images: Pick<ImageSet['images'], 'range'>; count: number }, preprocessing: Preprocessing, size: ImageSize = preprocessing): Promise<Float32Array> {
  const { Tensor } = await import('onnxruntime-node');
  const session = await createSession(model);
  try {
    const { height, width, channels } = preprocessing;
    const parts: Float32Array[] = [];
    for (let start = 0; start < count; start += BATCH) {
      const end = Math.min(start + BATCH, count);
      const input = teacherInput(toTeacherPixels(images.range(start, end), end - start, size, preprocessing), { ...preprocessing, scale: PLAIN_SCALE, channelOrder: 'rgb' }, 'nchw');
      const { logits } = await session.run({ input: new Tensor('float32', input, [end - start, channels, height, width]) });
      parts.push((logits.data as Float32Array).slice());
      logits.dispose();
    }
    const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
    parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
    return all;
  } finally {
    await session.release();
  }
}

/** Of two of as many values; NaN where any is. */
export function largestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i])), 0);
}

/**
 * @param expected `[images, classes]`
 * @returns the largest difference of a logit, relative to the largest magnitude of a logit expected; NaN where any is NaN
 */
export async function onnxDifference(model: Uint8Array, set: ImageSet, preprocessing: Preprocessing, expected: Float32Array): Promise<number> {
  const values = await onnxLogits(model, set, preprocessing);
  if (values.length !== expected.length) throw new Error(`the ONNX model gives ${values.length} logits for ${set.count} images; expected ${expected.length}`);
  let difference = 0;
  let magnitude = 0;
  expected.forEach((value, i) => {
    // Math.max of a NaN is NaN, and stays one.
    difference = Math.max(difference, Math.abs(values[i] - value));
    magnitude = Math.max(magnitude, Math.abs(value));
  });
  return magnitude === 0 ? difference : difference / magnitude;
}

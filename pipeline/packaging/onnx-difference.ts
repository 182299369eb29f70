/** An ONNX model held against the reference backend, on ONNX Runtime. */
import type { Preprocessing } from '@sld-edge/runtime';
import type { ImageSet } from '../datasets/index.ts';
import { createSession } from '../teachers/onnx-session.ts';
import { PLAIN_SCALE, teacherInput } from '../teachers/preprocessing.ts';

/** Both compute in float32, in another order. */
export const LOGIT_TOLERANCE = 1e-4;

const BATCH = 64;

/**
 * @param expected `[images, classes]`
 * @returns the largest difference of a logit, relative to the largest magnitude of a logit expected; NaN where any is NaN
 */
export async function onnxDifference(model: Uint8Array, { images, count }: ImageSet, preprocessing: Preprocessing, expected: Float32Array): Promise<number> {
  const { Tensor } = await import('onnxruntime-node');
  const session = await createSession(model);
  try {
    const { height, width, channels } = preprocessing;
    let difference = 0;
    let magnitude = 0;
    for (let start = 0; start < count; start += BATCH) {
      const end = Math.min(start + BATCH, count);
      const input = teacherInput(images.range(start, end), { ...preprocessing, scale: PLAIN_SCALE, channelOrder: 'rgb' }, 'nchw');
      const { logits } = await session.run({ input: new Tensor('float32', input, [end - start, channels, height, width]) });
      const values = logits.data as Float32Array;
      const wanted = expected.subarray((start * expected.length) / count, (end * expected.length) / count);
      if (values.length !== wanted.length) throw new Error(`the ONNX model gives [${logits.dims.join(', ')}] for ${end - start} images; expected ${wanted.length} logits`);
      wanted.forEach((value, i) => {
        // Math.max of a NaN is NaN, and stays one.
        difference = Math.max(difference, Math.abs(values[i] - value));
        magnitude = Math.max(magnitude, Math.abs(value));
      });
      logits.dispose();
    }
    return magnitude === 0 ? difference : difference / magnitude;
  } finally {
    await session.release();
  }
}

import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Network } from '../networks/index.ts';
import type { OnnxDescription } from '../packaging/onnx-model.ts';

/** Opens a model in ONNX Runtime and gives it images. @param images `[B, H, W, C]`, as the rest of the pipeline has them */
export async function onnxLogits(
  model: Uint8Array,
  images: Float32Array,
  [batch, height, width, channels]: [number, number, number, number],
): Promise<{ dims: readonly number[]; logits: Float32Array }> {
  const session = await InferenceSession.create(model, { executionProviders: ['cpu'], intraOpNumThreads: 1, logSeverityLevel: 3 });
  const { logits } = await session.run({
    input: new Tensor('float32', nchw(images, height * width, channels), [batch, channels, height, width]),
  });
  const result = { dims: logits.dims, logits: (logits.data as Float32Array).slice() };
  await session.release();
  return result;
}

/** Description that a model states of a network of made images and classes. */
export function onnxDescription({ inputShape, classes }: Pick<Network, 'inputShape' | 'classes'>): OnnxDescription {
  const { height, width } = inputShape;
  const channels = inputShape.channels as 1 | 3;
  const perChannel = (value: number): number[] => new Array<number>(channels).fill(value);
  return {
    labels: Array.from({ length: classes }, (_, i) => `class ${i}`),
    preprocessing: { height, width, channels, fit: 'cover', filter: 'triangle', mean: perChannel(0.5), std: perChannel(0.25) },
  };
}

/** NHWC to NCHW. @param pixels of an image */
export function nchw(images: Float32Array, pixels: number, channels: number): Float32Array {
  const out = new Float32Array(images.length);
  for (let i = 0; i < images.length; i++) {
    const [image, pixel, channel] = [Math.floor(i / (pixels * channels)), Math.floor(i / channels) % pixels, i % channels];
    out[(image * channels + channel) * pixels + pixel] = images[i];
  }
  return out;
}

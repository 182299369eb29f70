/** The ONNX file of a package as a backend: ONNX Runtime, on the processor. */
import { GRAPH_FORMATS, type GraphBackend, type Preprocessing } from '@sld-edge/runtime';
import type { InferenceSession } from 'onnxruntime-node';
import { createSession } from './onnx-session.ts';

/** @param model the file's bytes: what `loadGraph` is given belongs to the graph model and is left */
export function createOnnxBackend(model: Uint8Array, { channels }: Pick<Preprocessing, 'channels'>): GraphBackend {
  return {
    name: 'onnx',
    formats: GRAPH_FORMATS,
    reference: false,
    init: async () => undefined,
    description: () => 'ONNX Runtime (onnxruntime-node) on the processor',
    async loadGraph() {
      const { Tensor } = await import('onnxruntime-node');
      const session: InferenceSession = await createSession(model);
      return {
        async execute(input, [images, height, width]) {
          const { logits } = await session.run({ input: new Tensor('float32', toChannelsFirst(input, images, height * width, channels), [images, channels, height, width]) });
          const values = (logits.data as Float32Array).slice();
          logits.dispose();
          return values;
        },
        dispose: () => void session.release(),
      };
    },
  };
}

/** NHWC to NCHW. */
function toChannelsFirst(input: Float32Array, images: number, pixels: number, channels: number): Float32Array {
  const out = new Float32Array(input.length);
  for (let image = 0; image < images; image++) {
    const at = image * pixels * channels;
    for (let channel = 0; channel < channels; channel++) for (let pixel = 0; pixel < pixels; pixel++) out[at + channel * pixels + pixel] = input[at + pixel * channels + channel];
  }
  return out;
}

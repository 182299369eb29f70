/** ONNX Runtime Web on WebAssembly. */
import { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm';
import { inputOf, type OpenSubject } from './subject.ts';

export const openOnnxWeb =
  (file: 'model.onnx' | 'model-int8.onnx'): OpenSubject =>
  async (model) => {
    env.wasm.wasmPaths = '/onnx/';
    env.wasm.numThreads = model.threads;
    const session = await InferenceSession.create(`${model.folder}${file}`, { executionProviders: ['wasm'] });
    const { size, channels } = model;
    const image = inputOf(model);
    const input = Float32Array.from(image, (_, i) => image[(i % (size * size)) * channels + Math.floor(i / (size * size))]);
    return async () => {
      const { logits } = await session.run({ input: new Tensor('float32', input, [1, channels, size, size]) });
      const values = (logits.data as Float32Array).slice();
      logits.dispose();
      return values;
    };
  };

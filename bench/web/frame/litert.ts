/** LiteRT.js on WebAssembly. */
import { loadAndCompile, loadLiteRt, Tensor } from '@litertjs/core';
import { inputOf, type OpenSubject } from './subject.ts';

export const openLiteRt =
  (file: 'model.tflite' | 'model-int8.tflite'): OpenSubject =>
  async (model) => {
    await loadLiteRt('/litert/', { threads: model.threads > 1 });
    const compiled = await loadAndCompile(`${model.folder}${file}`, { accelerator: 'wasm', cpuOptions: { numThreads: model.threads } });
    const image = inputOf(model);
    return async () => {
      const input = Tensor.fromTypedArray(image, [1, model.size, model.size, model.channels]);
      const [output] = await compiled.run(input);
      const logits = output.toTypedArray().slice() as Float32Array;
      input.delete();
      output.delete();
      return logits;
    };
  };

/** TensorFlow.js on WebAssembly, float32, as the page loads it. */
import { createTfjsWasmBackend } from '@sld-edge/runtime';
import { fetchBytes, fetchJson, inputOf, type OpenSubject } from './subject.ts';

export const openTfjs: OpenSubject = async (model) => {
  const backend = createTfjsWasmBackend({ wasmPaths: '/tfjs/' });
  await backend.init();
  const weights = await fetchBytes(`${model.folder}graph.bin`);
  const graph = await backend.loadGraph((await fetchJson(`${model.folder}graph.json`)) as object, weights.buffer);
  const input = inputOf(model);
  return () => graph.execute(input, [1, model.size, model.size, model.channels]);
};

/**
 * Logits by the reference backend, as a consumer computes them: the graph on `wasm` in Node. In a thread of its own,
 * because tfjs has one current backend a thread and the training engine is another.
 */
import type { ImageSourceHandle } from '../datasets/image-source.ts';
import { startThread } from '../threads/start.ts';
import type { Preprocessing } from '@sld-edge/runtime';

export interface WasmLogitsJob {
  modelJson: object;
  weights: ArrayBuffer;
  preprocessing: Preprocessing;
  images: ImageSourceHandle;
}

/** @returns logits `[images, classes]`. @throws what the backend threw. */
export function wasmLogits(job: WasmLogitsJob): Promise<Float32Array> {
  const thread = startThread(new URL('./wasm-logits-worker.ts', import.meta.url), job);
  return new Promise<Float32Array>((resolve, reject) => {
    thread.on('message', resolve);
    thread.on('error', reject);
    thread.on('exit', (code) => reject(new Error(`the wasm thread stopped with code ${code}`)));
  }).finally(() => thread.terminate());
}

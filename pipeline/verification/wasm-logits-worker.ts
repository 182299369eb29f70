import { parentPort, workerData } from 'node:worker_threads';
import { normalise } from '@sld-edge/runtime';
import { openImageSource } from '../datasets/image-source.ts';
import { createNodeWasmBackend } from './wasm-backend.ts';
import type { WasmLogitsJob } from './wasm-logits.ts';

const BATCH = 50;

const { modelJson, weights, preprocessing, images } = (workerData as { data: WasmLogitsJob }).data;
const { height, width, channels } = preprocessing;
const source = openImageSource(images);
const backend = createNodeWasmBackend();
await backend.init();
const graph = await backend.loadGraph(modelJson, weights);
const parts: Float32Array[] = [];
for (let start = 0; start < source.count; start += BATCH) {
  const end = Math.min(source.count, start + BATCH);
  parts.push(await graph.execute(normalise(source.range(start, end), preprocessing), [end - start, height, width, channels]));
}
const logits = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
let at = 0;
for (const part of parts) {
  logits.set(part, at);
  at += part.length;
}
parentPort!.postMessage(logits, [logits.buffer]);

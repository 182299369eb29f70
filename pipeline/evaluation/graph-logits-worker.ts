import { parentPort, workerData } from 'node:worker_threads';
// Registers the flag that is set below; the runtime loads the backend only when it is initialised.
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { openImageSource } from '../data/sets/image-source.ts';
import { concatenate } from '../support/concatenate.ts';
import type { GraphJob, GraphOutputs } from './graph-logits.ts';
import { modelInput, modelPixels } from './model-input.ts';
import { createNodeWasmBackend } from './reference-backend.ts';

const BATCH = 50;

const {
  modelJson,
  weights,
  preprocessing,
  images,
  size = preprocessing,
  layers = [],
  simd = true,
} = (workerData as { data: GraphJob }).data;
const { height, width, channels } = preprocessing;
const source = openImageSource(images);
if (!simd) tf.env().set('WASM_HAS_SIMD_SUPPORT', false);
const backend = createNodeWasmBackend();
await backend.init();
const graph = await backend.loadGraph(modelJson, weights);
const logits: Float32Array[] = [];
const outputs: Float32Array[][] = layers.map(() => []);
for (let start = 0; start < source.count; start += BATCH) {
  const end = Math.min(source.count, start + BATCH);
  const input = modelInput(modelPixels(source.range(start, end), end - start, size, preprocessing), preprocessing);
  const shape: [number, number, number, number] = [end - start, height, width, channels];
  logits.push(await graph.execute(input, shape));
  if (layers.length > 0) (await graph.layers!(input, shape, layers)).forEach((output, i) => outputs[i].push(output));
}
const result: GraphOutputs = { logits: concatenate(logits), layers: outputs.map(concatenate) };
parentPort!.postMessage(result, [result.logits.buffer, ...result.layers.map(({ buffer }) => buffer)] as ArrayBuffer[]);

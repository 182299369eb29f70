/**
 * Logits by the reference backend, as a consumer computes them: the graph on `wasm` in Node. In a thread of its own,
 * because tfjs has one current backend a thread and the training engine is another.
 */
import type { ImageSourceHandle } from '../data/sets/image-source.ts';
import { answerOfThread } from '../support/answer.ts';
import type { Preprocessing } from '@sld-edge/runtime';

export interface WasmLogitsJob {
  modelJson: object;
  weights: ArrayBuffer;
  preprocessing: Preprocessing;
  images: ImageSourceHandle;
  /** Nodes of the graph whose outputs are wanted too. */
  layers?: readonly string[];
  /** False: by the binary for machines without SIMD instructions. Default true. */
  simd?: boolean;
}

/** Of all images; each layer's output flattened, image after image. */
export interface WasmOutputs {
  logits: Float32Array;
  layers: Float32Array[];
}

/** @returns logits `[images, classes]`. @throws what the backend threw. */
export async function wasmLogits(job: WasmLogitsJob): Promise<Float32Array> {
  return (await wasmOutputs(job)).logits;
}

/** The logits, and outputs of layers. @throws what the backend threw. */
export function wasmOutputs(job: WasmLogitsJob): Promise<WasmOutputs> {
  return answerOfThread<WasmOutputs>(new URL('./graph-logits-worker.ts', import.meta.url), job, 'computes on wasm');
}

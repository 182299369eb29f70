/**
 * A graph model on stored images by the reference backend, as a consumer computes it: TensorFlow.js's WebAssembly in Node. It has a
 * thread of its own, because tfjs has one current backend a thread and the training engine is another.
 */
import type { Preprocessing } from '@sld-edge/runtime';
import type { ImageSourceHandle } from '../data/sets/image-source.ts';
import { resultOfThread } from '../support/thread.ts';
import type { ImageSize } from './model-input.ts';

export interface GraphJob {
  modelJson: object;
  weights: ArrayBuffer;
  preprocessing: Preprocessing;
  images: ImageSourceHandle;
  /** Size of the stored images; default: that of `preprocessing`. */
  size?: ImageSize;
  /** Nodes of the graph whose outputs are wanted too. */
  layers?: readonly string[];
  /** False: by the binary for machines without SIMD instructions. Default true. */
  simd?: boolean;
}

export interface GraphOutputs {
  /** `[images, classes]` */
  logits: Float32Array;
  /** Each layer's output, image after image. */
  layers: Float32Array[];
}

/** @throws what the backend threw */
export function graphOutputs(job: GraphJob): Promise<GraphOutputs> {
  return resultOfThread<GraphOutputs>(new URL('./graph-logits-worker.ts', import.meta.url), job, 'computes on wasm');
}

/** Logits of a variant by the backend that measures what it is: a graph on `tfjs-wasm`, a program on the integer kernels, each in threads. */
import { availableParallelism } from 'node:os';
import type { LoadedNetwork, Preprocessing } from '@sld-edge/runtime';
import type { ImageSource } from '../data/sets/image-source.ts';
import { integerLogits } from './program-logits.ts';
import { wasmLogits } from './graph-logits.ts';

/** More than these share what few images there are without an end coming sooner. */
const LARGEST_TEAM = 8;

/**
 * @param images of the size that `preprocessing` states
 * @returns `[images, classes]`. @throws what the backend threw
 */
export function networkLogits(network: LoadedNetwork, images: ImageSource, preprocessing: Preprocessing): Promise<Float32Array> {
  if (network.kind === 'graph') return wasmLogits({ modelJson: network.modelJson, weights: network.weights, preprocessing, images: images.handle });
  return integerLogits(network.program, images, preprocessing, preprocessing, Math.min(LARGEST_TEAM, availableParallelism()));
}

/** Logits of stored images: of a network, of a package's variant, of an ONNX file. */
import { availableParallelism } from 'node:os';
import type { LoadedNetwork, Preprocessing } from '@sld-edge/runtime';
import type { ImageSource } from '../data/sets/image-source.ts';
import type { Tfjs } from '../engines/engine.ts';
import type { FrozenNetwork } from '../networks/freeze.ts';
import { graphOutputs } from './graph-logits.ts';
import { modelInput, modelPixels, type ImageSize, type ModelPreprocessing } from './model-input.ts';
import { frozenLogits } from './network-logits.ts';
import { openOnnx } from './onnx-session.ts';
import { programLogits } from './program-logits.ts';

/**
 * The model that computes, and its backend:
 * - `network`: a frozen network, by the training engine of this thread;
 * - `graph`, `program`: a package's variant, by `measuringBackendOf`, in threads of their own;
 * - `onnx`: one of our ONNX models (input `input` NCHW, output `logits`), by ONNX Runtime in this thread.
 */
export type Model = { kind: 'network'; network: FrozenNetwork; tf: Tfjs } | LoadedNetwork | { kind: 'onnx'; model: string | Uint8Array };

export interface LogitsOptions {
  /** Size of the stored images, which are resized to the model's; default: they have it. */
  size?: ImageSize;
  /** Threads that share the images of an integer program; default: all cores, at most 8. */
  threads?: number;
  /** Told how many images are done, of an integer program. */
  onProgress?(done: number): void;
}

/** More threads share what few images there are without an end coming sooner. */
const LARGEST_TEAM = 8;

/** Images that ONNX Runtime gets at once. */
const ONNX_BATCH = 256;

/**
 * @param preprocessing how the model sees images
 * @returns `[images, classes]`
 * @throws what the backend threw
 */
export async function logitsOf(
  model: Model,
  images: ImageSource,
  preprocessing: Preprocessing & Partial<ModelPreprocessing>,
  { size = preprocessing, threads = Math.min(LARGEST_TEAM, availableParallelism()), onProgress }: LogitsOptions = {},
): Promise<Float32Array> {
  const inputs = (pixels: Uint8Array): Float32Array =>
    modelInput(modelPixels(pixels, pixels.length / images.imageBytes, size, preprocessing), preprocessing);
  switch (model.kind) {
    case 'network':
      return frozenLogits(model.tf, model.network, { count: images.count, images }, inputs);
    case 'graph':
      return (await graphOutputs({ modelJson: model.modelJson, weights: model.weights, preprocessing, size, images: images.handle }))
        .logits;
    case 'program':
      return programLogits({ program: model.program, images: images.handle, size, preprocessing }, images.count, threads, onProgress);
    case 'onnx':
      return onnxLogits(model.model, images, inputs, preprocessing);
  }
}

async function onnxLogits(
  model: string | Uint8Array,
  images: ImageSource,
  inputs: (pixels: Uint8Array) => Float32Array,
  size: ImageSize,
): Promise<Float32Array> {
  const session = await openOnnx({ model });
  try {
    let all: Float32Array | undefined;
    for (let start = 0; start < images.count; start += ONNX_BATCH) {
      const count = Math.min(ONNX_BATCH, images.count - start);
      const part = await session.run(inputs(images.range(start, start + count)), count, size);
      all ??= new Float32Array((part.length / count) * images.count);
      all.set(part, (part.length / count) * start);
    }
    return all ?? new Float32Array(0);
  } finally {
    await session.dispose();
  }
}

import { loadGraphModel, type GraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import { AppError } from '../errors/catalogue.ts';
import type { InferenceGraph } from './backend.ts';

/** A backend as TensorFlow.js calls it. Ours of it are called `tfjs-wasm` and `tfjs-webgpu`. */
export type TfjsBackendName = 'wasm' | 'webgpu' | 'tensorflow';

export const TFJS_VERSION = tf.version_core;

const nameOf = (name: TfjsBackendName): string => (name === 'tensorflow' ? name : `tfjs-${name}`);

interface GraphModelJson {
  format: string;
  modelTopology: object;
  signature?: object;
  weightsManifest: { paths: string[]; weights: tf.io.WeightsManifestEntry[] }[];
}

/**
 * Initialises one of TensorFlow.js's backends and makes it the current one.
 *
 * @throws AppError BACKEND_UNAVAILABLE with `reason`, since tfjs itself answers only `false`
 */
export async function initTfjsBackend(name: TfjsBackendName, reason: string): Promise<void> {
  const initialised = await tf.setBackend(name).catch((error: unknown) => {
    throw new AppError('BACKEND_UNAVAILABLE', { backend: nameOf(name), reason: String(error) }, { cause: error });
  });
  if (!initialised) throw new AppError('BACKEND_UNAVAILABLE', { backend: nameOf(name), reason });
}

/**
 * Loads a graph model from memory for one backend of TensorFlow.js, which must be initialised.
 *
 * No tensor leaves this function's closure: inputs and outputs are typed arrays, and each call frees what it made.
 */
export async function openTfjsGraph(name: TfjsBackendName, modelJson: object, weights: ArrayBuffer): Promise<InferenceGraph> {
  await makeCurrent(name);
  const json = modelJson as GraphModelJson;
  const artifacts: tf.io.ModelArtifacts = {
    format: json.format,
    modelTopology: json.modelTopology,
    signature: json.signature,
    weightSpecs: json.weightsManifest.flatMap((group) => group.weights),
    weightData: weights,
  };
  let model: GraphModel;
  try {
    model = await loadGraphModel({ load: async () => artifacts });
  } catch (error) {
    throw new Error(`the graph does not load: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }

  return {
    async execute(input, shape) {
      await makeCurrent(name);
      const output = tf.tidy(() => {
        const logits = model.predict(tf.tensor4d(input, shape));
        if (!(logits instanceof tf.Tensor)) throw new Error('the graph has more than one output');
        return logits;
      });
      try {
        return (await output.data<'float32'>()).slice();
      } finally {
        output.dispose();
      }
    },
    async layers(input, shape, names) {
      await makeCurrent(name);
      const outputs = tf.tidy(() => model.execute(tf.tensor4d(input, shape), [...names])) as tf.Tensor | tf.Tensor[];
      const tensors = Array.isArray(outputs) ? outputs : [outputs];
      try {
        return await Promise.all(tensors.map(async (tensor) => (await tensor.data<'float32'>()).slice()));
      } finally {
        tf.dispose(tensors);
      }
    },
    dispose() {
      model.dispose();
    },
  };
}

/**
 * TensorFlow.js has one current backend for the whole process. Another classifier may have changed it while this
 * one waited, hence the loop; after it, nothing else runs until the graph has been dispatched.
 */
async function makeCurrent(name: TfjsBackendName): Promise<void> {
  while (tf.getBackend() !== name) await initTfjsBackend(name, 'it was available before and is no longer');
}

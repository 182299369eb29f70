import type * as tfjsUnion from '@tensorflow/tfjs';
import type { GraphModel as LoadedGraphModel } from '@tensorflow/tfjs-converter';
import type { GraphModel } from '../packaging/graph-model.ts';

interface Manifest {
  paths: string[];
  weights: object[];
}

/** Opens it as stock tfjs opens a URL: weights by the names in `model.json`, in their order. */
export function openGraphModel(tf: typeof tfjsUnion, { modelJson, shards }: GraphModel): Promise<LoadedGraphModel> {
  const loadWeights = async (manifest: Manifest[]): Promise<[object[], ArrayBuffer]> => {
    const bytes = manifest.flatMap(({ paths }) => paths).map((path) => shards.find(({ name }) => name === path)!.bytes);
    return [manifest.flatMap(({ weights }) => weights), new Uint8Array(Buffer.concat(bytes)).buffer];
  };
  return tf.loadGraphModel({ load: () => tf.io.getModelArtifactsForJSON(modelJson as never, loadWeights as never) });
}

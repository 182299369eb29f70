import type { InferenceGraph } from './backend.ts';
import type { TfjsBackendName } from './tfjs-graph.ts';

/**
 * Loads a graph model for one backend of TensorFlow.js, which must be initialised. TensorFlow.js itself is imported by the
 * first call: who reads images or computes integer programs never loads it.
 *
 * @throws Error if the graph does not load; AppError BACKEND_UNAVAILABLE where the backend is gone
 */
export async function loadTfjsGraph(name: TfjsBackendName, modelJson: object, weights: ArrayBuffer): Promise<InferenceGraph> {
  return (await import('./tfjs-graph.ts')).openTfjsGraph(name, modelJson, weights);
}

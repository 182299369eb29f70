import { AppError } from '../errors/catalogue.ts';
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

/** Makes the error for TensorFlow.js, an optional peer, where it does not come. @param file what does not, for people */
export function missingTfjs(file: string, cause: unknown): AppError {
  const reason = `graph variants are computed by it; where it is not installed, type "npm install ${TFJS_PEERS}" (${firstLineOf(cause)})`;
  return new AppError('PROGRAM_FILE_MISSING', { file, reason }, { cause });
}

const TFJS_PEERS = ['core', 'converter', 'backend-wasm', 'backend-webgpu'].map((name) => `@tensorflow/tfjs-${name}`).join(' ');

const firstLineOf = (error: unknown): string => String(error).split('\n')[0];

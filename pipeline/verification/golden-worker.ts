import { parentPort, workerData } from 'node:worker_threads';
import { createClassifier, loadTfjsGraph, type BackendDefinition } from '@sld-edge/runtime';
import { createEngine, type EngineHandle } from '../engines/index.ts';
import type { GoldenBackend, GoldenJob, GoldenResult } from './golden-backends.ts';
import { createOnnxBackend } from './onnx-backend.ts';
import { createNodeWasmBackend } from './wasm-backend.ts';

const { backend, pkg } = (workerData as { data: GoldenJob }).data;
const definition = backendOf(backend);
parentPort!.postMessage(await goldensOn(definition));

function backendOf(backend: GoldenBackend): BackendDefinition {
  if (backend.name === 'wasm') return createNodeWasmBackend();
  if (backend.name === 'onnx') return createOnnxBackend(backend.model, pkg.manifest.preprocessing);
  return engineBackend(backend.name, backend.handle);
}

/** A training engine's tfjs backend, on which graph models run too. */
function engineBackend(name: 'tensorflow' | 'webgpu', handle: EngineHandle): BackendDefinition {
  return {
    name,
    reference: false,
    init: async () => void (await createEngine(handle)),
    description: () => handle.description,
    loadGraph: (modelJson, weights) => loadTfjsGraph(name, modelJson, weights),
  };
}

async function goldensOn(definition: BackendDefinition): Promise<GoldenResult> {
  try {
    const classifier = await createClassifier(pkg, definition);
    return { description: definition.description(), error: classifier.goldenError };
  } catch (error) {
    return { description: definition.name, fault: (error as Error).message.split('\n')[0] };
  }
}

import { parentPort, workerData } from 'node:worker_threads';
import {
  AppError,
  createClassifier,
  createIntegerWasmBackend,
  createIntegerWebgpuBackend,
  createInterpreterBackend,
  GRAPH_FORMATS,
  loadTfjsGraph,
  locateDivergence,
  type BackendDefinition,
  type GoldenLayers,
  type GraphBackend,
} from '@sld-edge/runtime';
import { firstDifference } from '@sld-edge/runtime/integer';
import { createEngine, type EngineHandle } from '../../engines/index.ts';
import { openAdapter } from '../../engines/webgpu/dawn.ts';
import type { GoldenBackend, GoldenJob, GoldenResult } from './golden-backends.ts';
import { createNodeWasmBackend } from '../../evaluation/reference-backend.ts';

/** Runs of a check: one at a time, all at once and one at a time again, whatever computes. */
const RUNS = 3;

const { backend, pkg, layers } = (workerData as { data: GoldenJob }).data;
const definition = await backendOf(backend);
parentPort!.postMessage(await goldensOn(definition));

async function backendOf(backend: GoldenBackend): Promise<BackendDefinition> {
  if (backend.name === 'tfjs-wasm') return createNodeWasmBackend();
  if (backend.name === 'interpreter') return createInterpreterBackend();
  if (backend.name === 'webgpu') return createIntegerWebgpuBackend({ gpu: (await openAdapter()).gpu });
  if ('handle' in backend) return engineBackend(backend.name, backend.handle);
  return createIntegerWasmBackend(backend.name);
}

/** A training engine's tfjs backend, on which graph models run too. */
function engineBackend(name: 'tensorflow' | 'tfjs-webgpu', handle: EngineHandle): GraphBackend {
  return {
    name,
    formats: GRAPH_FORMATS,
    reference: false,
    device: 'gpu',
    init: async () => void (await createEngine(handle)),
    description: () => handle.description,
    loadGraph: (modelJson, weights) => loadTfjsGraph(name === 'tensorflow' ? name : 'webgpu', modelJson, weights),
  };
}

async function goldensOn(definition: BackendDefinition): Promise<GoldenResult> {
  try {
    const classifier = await createClassifier(pkg, definition, { goldenRuns: RUNS });
    return { description: definition.description(), error: classifier.goldenError };
  } catch (error) {
    const mismatch = error instanceof AppError && error.code === 'BACKEND_GOLDEN_MISMATCH';
    return {
      description: definition.name,
      fault: `${(error as Error).message.split('\n')[0]}${mismatch && layers ? ` ${await whereOn(definition, layers)}` : ''}`,
    };
  }
}

/** One sentence on the first layer that is wrong. */
async function whereOn(definition: BackendDefinition, recorded: GoldenLayers): Promise<string> {
  const { network, goldens, goldenPixels, goldenOutputs } = pkg;
  if (network.kind === 'program') {
    const program = await definition.loadProgram!(network.program, { keepActivations: true });
    const where = await firstDifference(
      program,
      network.program,
      { count: goldens.count, logits: rowsOf(goldenOutputs, goldens.count), activations: recorded.integer!.activations },
      goldenPixels,
    );
    return where ? `The first difference: ${where}.` : 'Computed once more, nothing differs.';
  }
  const graph = await definition.loadGraph!(network.modelJson, network.weights);
  if (!graph.layers) return "It gives logits alone: which layer is wrong can't be told.";
  const { first, layers: found } = await locateDivergence(pkg, recorded, graph);
  const list = found.map(({ name, relativeError }) => `${name} ${relativeError.toExponential(1)}`).join(', ');
  const before = first && found[found.indexOf(first) - 1];
  return first
    ? `Of the recorded layers ${first.name} is the first that is wrong${before ? `, after ${before.name}` : ''} (relative errors: ${list}).`
    : `The recorded layers are right (relative errors: ${list}): the fault lies behind them.`;
}

function rowsOf(outputs: ArrayLike<number>, count: number): number[][] {
  const width = outputs.length / count;
  return Array.from({ length: count }, (_, row) => Array.from({ length: width }, (__, i) => outputs[row * width + i]));
}

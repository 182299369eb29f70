/** Every backend that this machine has, held against the goldens of a package. */
import { join } from 'node:path';
import {
  GRAPH_FORMATS,
  integerWasmKernels,
  type IntegerWasmName,
  type GoldenLayers,
  type LoadedPackage,
  type VariantFormat,
} from '@sld-edge/runtime';
import type { EngineHandle } from '../../engines/index.ts';
import { BINDING_FILE } from '../../engines/provision/build-binding.ts';
import { defaultCacheDir, inspectEngine, platformObstacle } from '../../engines/provision/index.ts';
import { prepareWebgpu } from '../../engines/webgpu.ts';
import { startThread } from '../../support/thread.ts';

/** Plain data from which a thread makes the backend. */
export type GoldenBackend =
  | { name: 'tfjs-wasm' }
  | { name: 'interpreter' | IntegerWasmName | 'webgpu' }
  | { name: 'tensorflow' | 'tfjs-webgpu'; handle: EngineHandle };

interface GoldenBackendDefinition {
  /** Formats of the variants that it is checked against. */
  formats: readonly VariantFormat[];
  /** Makes it ready here. @throws Error with the reason why not */
  prepare(): Promise<GoldenBackend>;
}

/** Skipped where this engine lacks the instructions or computes them wrongly. */
const ofKernels = (name: IntegerWasmName): GoldenBackendDefinition => ({
  formats: ['sld-edge-integer'],
  prepare: async () => {
    await integerWasmKernels(name);
    return { name };
  },
});

export const goldenBackends: Record<GoldenBackend['name'], GoldenBackendDefinition> = {
  'tfjs-wasm': { formats: GRAPH_FORMATS, prepare: async () => ({ name: 'tfjs-wasm' }) },
  interpreter: { formats: ['sld-edge-integer'], prepare: async () => ({ name: 'interpreter' }) },
  wasm: ofKernels('wasm'),
  'wasm-relaxed': ofKernels('wasm-relaxed'),
  'wasm-scalar': ofKernels('wasm-scalar'),
  webgpu: {
    formats: ['sld-edge-integer'],
    prepare: async () => {
      await prepareWebgpu();
      return { name: 'webgpu' };
    },
  },
  tensorflow: { formats: GRAPH_FORMATS, prepare: async () => ({ name: 'tensorflow', handle: await provisionedTensorflow() }) },
  'tfjs-webgpu': { formats: GRAPH_FORMATS, prepare: async () => ({ name: 'tfjs-webgpu', handle: await prepareWebgpu() }) },
};

/** The native engine in the cache; nothing is downloaded or built for a check. */
async function provisionedTensorflow(): Promise<EngineHandle> {
  const obstacle = platformObstacle();
  if (obstacle) throw new Error(obstacle);
  const engine = (await inspectEngine(defaultCacheDir(), { contents: false })).find(
    ({ damaged, provenHere }) => damaged.length === 0 && provenHere,
  );
  if (!engine) throw new Error('native TensorFlow is not provisioned here; npm run distill does it');
  return {
    name: 'tensorflow',
    bindingPath: join(engine.folder, BINDING_FILE),
    description: `TensorFlow ${engine.tensorflowVersion} (${engine.device})`,
  };
}

export interface GoldenResult {
  /** One line: what computed. */
  description: string;
  /** Largest absolute difference from a golden logit; absent where the backend failed. */
  error?: number;
  /** Reason why it failed, in one line; with the first wrong layer if layers are recorded. */
  fault?: string;
}

export interface GoldenJob {
  backend: GoldenBackend;
  pkg: LoadedPackage;
  /** Layers to locate a divergence with; absent in older packages. */
  layers?: GoldenLayers;
}

/**
 * Computes a variant's goldens three times on a backend, in a thread of its own: tfjs has one current backend a thread.
 * A backend that answers wrongly or can't compute is a result, not an exception.
 */
export function runGoldens(job: GoldenJob): Promise<GoldenResult> {
  const thread = startThread(new URL('./golden-worker.ts', import.meta.url), job);
  return new Promise<GoldenResult>((resolve) => {
    thread.on('message', resolve);
    thread.on('error', (error) => resolve({ description: job.backend.name, fault: error.message }));
    thread.on('exit', (code) => resolve({ description: job.backend.name, fault: `its thread stopped with code ${code}` }));
  }).finally(() => thread.terminate());
}

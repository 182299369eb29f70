import { AppError } from '../errors/catalogue.ts';
import { GRAPH_FORMATS } from '../package/variants.ts';
import type { GraphBackend } from './backend.ts';
import { probeAdapter } from './gpu-adapter.ts';
import { loadTfjsGraph, missingTfjs } from './tfjs.ts';

/** WebGPU, in browsers. tfjs's backend is imported when wanted, so that pages without a GPU never download it. */
export function createTfjsWebgpuBackend(): GraphBackend {
  let description: string | null = null;
  return {
    name: 'tfjs-webgpu',
    formats: GRAPH_FORMATS,
    reference: false,
    device: 'gpu',
    async init() {
      if (description !== null) return;
      const adapter = await probeAdapter();
      if ('missing' in adapter) unavailable(adapter.missing);
      const { initTfjsBackend, TFJS_VERSION } = await importTfjs().catch((error: unknown) => {
        throw missingTfjs('TensorFlow.js for WebGPU', error);
      });
      await initTfjsBackend('webgpu', 'the GPU device cannot be created');
      description = `WebGPU on ${adapter.description}, TensorFlow.js ${TFJS_VERSION}`;
    },
    description: () => description ?? 'WebGPU, not initialised',
    loadGraph: (modelJson, weights) => loadTfjsGraph('webgpu', modelJson, weights),
  };
}

async function importTfjs() {
  await import('@tensorflow/tfjs-backend-webgpu');
  return import('./tfjs-graph.ts');
}

function unavailable(reason: string): never {
  throw new AppError('BACKEND_UNAVAILABLE', { backend: 'tfjs-webgpu', reason });
}

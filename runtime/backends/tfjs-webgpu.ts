import { AppError } from '../errors/catalogue.ts';
import { GRAPH_FORMATS } from '../package/variants.ts';
import type { GraphBackend } from './backend.ts';
import { loadTfjsGraph } from './tfjs.ts';

/** The parts of WebGPU's `GPUAdapter` (W3C WebGPU, section 4.3) that are read here. */
interface Adapter {
  info?: { vendor?: string; architecture?: string; description?: string; isFallbackAdapter?: boolean };
  isFallbackAdapter?: boolean;
}

interface NavigatorGpu {
  requestAdapter(options?: { powerPreference?: string }): Promise<Adapter | null>;
}

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
      const gpu = (globalThis.navigator as { gpu?: NavigatorGpu } | undefined)?.gpu;
      if (!gpu) unavailable('this browser has no WebGPU');
      // Browsers may have `navigator.gpu` without any adapter; tfjs would then fail with a TypeError.
      const found = await gpu.requestAdapter({ powerPreference: 'high-performance' }).catch((error: unknown) => {
        unavailable(String(error));
      });
      if (!found) unavailable('the browser offers no GPU adapter');
      await import('@tensorflow/tfjs-backend-webgpu');
      const { initTfjsBackend, TFJS_VERSION } = await import('./tfjs-graph.ts');
      await initTfjsBackend('webgpu', 'the GPU device cannot be created');
      description = `${describeAdapter(found)} (TensorFlow.js ${TFJS_VERSION})`;
    },
    description: () => description ?? 'WebGPU, not initialised',
    loadGraph: (modelJson, weights) => loadTfjsGraph('webgpu', modelJson, weights),
  };
}

/** `WebGPU on nvidia ampere`; a software adapter is called one, as it is slower than WebAssembly. */
export function describeAdapter(adapter: Adapter): string {
  const { vendor, architecture, description } = adapter.info ?? {};
  const name = [vendor, architecture, description].filter(Boolean).join(' ') || 'an unnamed adapter';
  // The flag moved from the adapter to its info, and a software adapter chosen by a switch does not set it.
  const software = adapter.isFallbackAdapter || adapter.info?.isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|basic render/i.test(name);
  return `WebGPU on ${name}${software ? ', in software' : ''}`;
}

function unavailable(reason: string): never {
  throw new AppError('BACKEND_UNAVAILABLE', { backend: 'tfjs-webgpu', reason });
}

import { AppError } from '../errors/catalogue.ts';
import { GRAPH_FORMATS } from '../package/variants.ts';
import type { GraphBackend } from './backend.ts';
import { loadTfjsGraph, missingTfjs } from './tfjs.ts';

export interface TfjsWasmBackendOptions {
  /**
   * Place of the three `.wasm` binaries of `@tensorflow/tfjs-backend-wasm`: a prefix ending in `/` (in Node the path of the package's
   * `dist` folder, in a browser a URL), or each binary's own path. Absent: the backend is not available, and says what it lacks.
   */
  wasmPaths: string | TfjsWasmFileMap | undefined;
}

export type TfjsWasmFileMap = Record<
  'tfjs-backend-wasm.wasm' | 'tfjs-backend-wasm-simd.wasm' | 'tfjs-backend-wasm-threaded-simd.wasm',
  string
>;

/** The reference backend: the same binary in Node and in browsers, on one thread. */
export function createTfjsWasmBackend({ wasmPaths }: TfjsWasmBackendOptions): GraphBackend {
  let description = 'WebAssembly, not initialised';
  return {
    name: 'tfjs-wasm',
    formats: GRAPH_FORMATS,
    reference: true,
    device: 'processor',
    async init() {
      if (wasmPaths === undefined)
        throw new AppError('BACKEND_UNAVAILABLE', {
          backend: 'tfjs-wasm',
          reason: 'the option tfjsWasmPaths does not say where the binaries of @tensorflow/tfjs-backend-wasm are',
        });
      const { initTfjsWasm } = await import('./tfjs-wasm-init.ts').catch((error: unknown) => {
        throw missingTfjs('TensorFlow.js', error);
      });
      description = await initTfjsWasm(wasmPaths);
    },
    description: () => description,
    loadGraph: (modelJson, weights) => loadTfjsGraph('wasm', modelJson, weights),
  };
}

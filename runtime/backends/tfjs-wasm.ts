import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { GRAPH_FORMATS } from '../package/variants.ts';
import type { GraphBackend } from './backend.ts';
import { initTfjsBackend, loadTfjsGraph } from './tfjs-graph.ts';

export interface TfjsWasmBackendOptions {
  /**
   * Where the three `.wasm` binaries of `@tensorflow/tfjs-backend-wasm` lie: a prefix ending in `/` (in Node the
   * path of the package's `dist` folder, in a browser a URL), or each binary's own path.
   */
  wasmPaths: string | TfjsWasmFileMap;
}

export type TfjsWasmFileMap = Record<
  'tfjs-backend-wasm.wasm' | 'tfjs-backend-wasm-simd.wasm' | 'tfjs-backend-wasm-threaded-simd.wasm',
  string
>;

/** The reference backend: the same binary in Node and in browsers, on one thread. */
export function createTfjsWasmBackend(options: TfjsWasmBackendOptions): GraphBackend {
  return {
    name: 'tfjs-wasm',
    formats: GRAPH_FORMATS,
    reference: true,
    async init() {
      if (tf.getBackend() === 'wasm') return;
      // Both have an effect before initialisation only. Threads stay off: tfjs starts them from blob: URLs, which
      // the content security policy forbids, and in Node there are none; one thread is the same everywhere.
      tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
      if (tf.findBackend('wasm') === null) setWasmPaths(options.wasmPaths);
      await initTfjsBackend('wasm', `the WebAssembly binaries cannot be loaded from ${JSON.stringify(options.wasmPaths)}`);
    },
    description() {
      const simd = tf.env().get('WASM_HAS_SIMD_SUPPORT') === true;
      return `WebAssembly${simd ? ' SIMD' : ''}, 1 thread (TensorFlow.js ${tf.version_core})`;
    },
    loadGraph: (modelJson, weights) => loadTfjsGraph('wasm', modelJson, weights),
  };
}

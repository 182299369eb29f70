import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { initTfjsBackend } from './tfjs-graph.ts';
import type { TfjsWasmFileMap } from './tfjs-wasm.ts';

/**
 * Makes TensorFlow.js's WebAssembly the current backend; idempotent.
 *
 * @returns one line for people: what computes
 * @throws AppError BACKEND_UNAVAILABLE
 */
export async function initTfjsWasm(wasmPaths: string | TfjsWasmFileMap): Promise<string> {
  if (tf.getBackend() !== 'wasm') {
    // Both have an effect before initialisation only. Threads stay off: tfjs starts them from blob: URLs, which
    // the content security policy forbids, and in Node there are none; one thread is the same everywhere.
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
    if (tf.findBackend('wasm') === null) setWasmPaths(wasmPaths);
    await initTfjsBackend('wasm', `the WebAssembly binaries cannot be loaded from ${JSON.stringify(wasmPaths)}`);
  }
  const simd = tf.env().get('WASM_HAS_SIMD_SUPPORT') === true;
  return `WebAssembly${simd ? ' SIMD' : ''}, 1 thread (TensorFlow.js ${tf.version_core})`;
}

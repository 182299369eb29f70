import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { AppError } from '../errors/catalogue.ts';
import { initTfjsBackend } from './tfjs-graph.ts';
import type { TfjsWasmFileMap } from './tfjs-wasm.ts';

/**
 * Makes TensorFlow.js's WebAssembly the current backend; idempotent.
 *
 * @returns one line for people: what computes
 * @throws AppError PROGRAM_FILE_MISSING
 */
export async function initTfjsWasm(wasmPaths: string | TfjsWasmFileMap): Promise<string> {
  if (tf.getBackend() !== 'wasm') {
    // Both have an effect before initialisation only. Threads stay off: tfjs starts them from blob: URLs, which
    // the content security policy forbids, and in Node there are none; one thread is the same everywhere.
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
    if (tf.findBackend('wasm') === null) setWasmPaths(wasmPaths);
    await initTfjsBackend('wasm', '').catch((error: unknown) => {
      // TensorFlow.js says nothing more than that it failed; it has no other cause where WebAssembly works.
      const reason = 'it is missing, damaged, or no WebAssembly';
      throw new AppError('PROGRAM_FILE_MISSING', { file: binaryOf(wasmPaths), reason }, { cause: error });
    });
  }
  const simd = tf.env().get('WASM_HAS_SIMD_SUPPORT') === true;
  return `WebAssembly${simd ? ' SIMD' : ''}, 1 thread (TensorFlow.js ${tf.version_core})`;
}

/** The binary that this engine takes, for people. */
function binaryOf(wasmPaths: string | TfjsWasmFileMap): string {
  if (typeof wasmPaths === 'string') return wasmPaths;
  return wasmPaths[tf.env().get('WASM_HAS_SIMD_SUPPORT') === true ? 'tfjs-backend-wasm-simd.wasm' : 'tfjs-backend-wasm.wasm'];
}

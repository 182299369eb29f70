import { createRequire } from 'node:module';
import path from 'node:path';
import { createTfjsWasmBackend } from '../backends/tfjs-wasm.ts';

/** The folder of TensorFlow.js's binaries, in Node. */
export const wasmPaths = `${path.dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))}/`;

export const tfjsWasm = createTfjsWasmBackend({ wasmPaths });

import { createRequire } from 'node:module';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeBackendConformance } from '../testing/backend-conformance.ts';
import { createTfjsWasmBackend } from './tfjs-wasm.ts';

const wasmPaths = `${path.dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))}/`;

describeBackendConformance('tfjs-wasm', () => createTfjsWasmBackend({ wasmPaths }), 1e-5);

describe('tfjs-wasm backend', () => {
  it('runs on one thread with SIMD', async () => {
    const backend = createTfjsWasmBackend({ wasmPaths });
    await backend.init();
    expect(backend.description()).toMatch(/^WebAssembly SIMD, 1 thread \(TensorFlow\.js 4\.\d+\.\d+\)$/);
  });
});

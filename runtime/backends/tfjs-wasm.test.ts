import { describe, expect, it } from 'vitest';
import { describeBackendConformance } from '../testing/backend-conformance.ts';
import { wasmPaths } from '../testing/tfjs-wasm.ts';
import { createTfjsWasmBackend } from './tfjs-wasm.ts';

describeBackendConformance('tfjs-wasm', () => createTfjsWasmBackend({ wasmPaths }), 1e-5);

describe('tfjs-wasm backend', () => {
  it('runs on one thread with SIMD', async () => {
    const backend = createTfjsWasmBackend({ wasmPaths });
    await backend.init();
    expect(backend.description()).toMatch(/^WebAssembly SIMD, 1 thread \(TensorFlow\.js 4\.\d+\.\d+\)$/);
  });
});

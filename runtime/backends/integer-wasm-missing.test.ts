import { afterEach, expect, it, vi } from 'vitest';
import { createDemotingClassifier } from '../classifier/demotion.ts';
import { loadPackage } from '../package/load.ts';
import { createFixturePackage, readFixture } from '../testing/fixture-package.ts';
import { createIntegerWasmBackend } from './integer-wasm.ts';
import { createInterpreterBackend } from './interpreter.ts';

afterEach(() => vi.restoreAllMocks());

// In a file of its own: kernels are compiled once for the whole process.
it('answers without SIMD where an engine has none, and says so', async () => {
  vi.spyOn(WebAssembly, 'validate').mockReturnValueOnce(false);
  const pkg = await loadPackage(readFixture(await createFixturePackage({ integer: true })), { variant: 'integer' });
  const classifier = await createDemotingClassifier(pkg, [
    createIntegerWasmBackend('wasm'),
    createIntegerWasmBackend('wasm-scalar'),
    createInterpreterBackend(),
  ]);
  expect(classifier.description).toBe('integers on WebAssembly without SIMD, 1 thread');
  expect(classifier.rejected).toEqual([
    { backend: 'wasm', reason: expect.stringContaining('this engine has no WebAssembly SIMD') as unknown as string },
  ]);
});

import { expect, it } from 'vitest';
import type { BackendDefinition } from '../backends/backend.ts';
import { GRAPH_FORMATS } from '../package/variants.ts';
import { loadPackage } from '../package/load.ts';
import { createFixturePackage, readFixture } from '../testing/fixture-package.ts';
import { openInference } from './inference.ts';

const pkg = await loadPackage(readFixture(await createFixturePackage()));

const backendThat = (execute: () => Promise<Float32Array>): BackendDefinition => ({
  name: 'tfjs-webgpu',
  formats: GRAPH_FORMATS,
  reference: false,
  device: 'gpu',
  init: async () => undefined,
  description: () => 'a backend of the test',
  loadGraph: async () => ({ execute, dispose: () => undefined }),
});

it.each([
  ['RuntimeError', new WebAssembly.RuntimeError('memory access out of bounds')],
  ['DOMException', new DOMException('A valid external Instance reference no longer exists.', 'OperationError')],
  ['Error of a library', new Error('Failed to compile fragment shader.')],
])('a backend that throws at computing is an unavailable one: %s', async (_what, thrown) => {
  const inference = await openInference(
    pkg,
    backendThat(() => Promise.reject(thrown)),
  );
  await expect(inference.outputs(pkg.goldenPixels)).rejects.toMatchObject({
    code: 'BACKEND_UNAVAILABLE',
    details: { backend: 'tfjs-webgpu', reason: thrown.message },
    cause: thrown,
  });
});

import { gzipSync } from 'node:zlib';
import { build, type Plugin } from 'esbuild';
import { expect, it } from 'vitest';

/** Leaves out what is imported only where it is needed: kernels without SIMD, threads. */
const leftOut: Plugin = {
  name: 'left-out',
  setup: (build) => build.onResolve({ filter: /^/ }, ({ kind }) => (kind === 'dynamic-import' ? { external: true } : undefined)),
};

/** Bytes of what a page downloads for these exports, minified and compressed. */
async function bytesOf(contents: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: new URL('../..', import.meta.url).pathname, loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    plugins: [leftOut],
    external: ['@tensorflow/*'],
  });
  return gzipSync(outputFiles[0].contents, { level: 9 }).length;
}

it('kernels and planner are at most 12 kB', async () => {
  expect(
    await bytesOf(
      "export { openProgram, compileKernels } from './integer/plan/execute.ts'; export { simdKernels, relaxedKernels } from './integer/kernels/module.ts'; export { selfTest } from './integer/kernels/self-test.ts';",
    ),
  ).toBeLessThanOrEqual(12_000);
});

it('classifier, package loader, planner and kernels are at most 30 kB, without TensorFlow.js', async () => {
  const entry =
    "export { createClassifier } from './classifier/classifier.ts'; export { loadPackage } from './package/load.ts'; export { createIntegerWasmBackend } from './backends/integer-wasm.ts'; export { preprocessToPixels } from './image/index.ts';";
  expect(await bytesOf(entry)).toBeLessThanOrEqual(30_000);
});

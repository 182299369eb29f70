import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

/** Bytes of what a page downloads for these exports, minified and compressed; what is imported when it is needed does not count. */
async function bytesOf(contents: string): Promise<number> {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: new URL('../..', import.meta.url).pathname, loader: 'ts' },
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    outdir: '/',
    metafile: true,
    external: ['@tensorflow/*'],
  });
  const paths = Object.keys(metafile.outputs);
  const loaded = new Set(paths.filter((path) => metafile.outputs[path].entryPoint === '<stdin>'));
  for (const path of loaded)
    for (const { path: imported, kind } of metafile.outputs[path].imports)
      if (kind === 'import-statement' && paths.includes(imported)) loaded.add(imported);
  return paths.reduce((sum, path, i) => sum + (loaded.has(path) ? gzipSync(outputFiles[i].contents, { level: 9 }).length : 0), 0);
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

/** The page's code and the folders that the bench's server shows. */
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Files of `frame/` that the page loads by their URLs. */
const ENTRIES = ['frame', 'worker', 'kernel-worker'];

const require = createRequire(import.meta.url);

/** The folder of a package, by a file in it that its `exports` show. */
const folderOf = (file: string): string => dirname(require.resolve(file));

/**
 * Bundles the frame's code into `folder/page`.
 * @returns folders to serve, by the first part of a URL's path
 */
export async function writePage(folder: string): Promise<Record<string, string>> {
  const page = join(folder, 'page');
  await mkdir(page, { recursive: true });
  await build({
    entryPoints: ENTRIES.map((entry) => fileURLToPath(new URL(`frame/${entry}.ts`, import.meta.url))),
    outdir: page,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    logLevel: 'error',
  });
  await writeFile(join(page, 'frame.html'), '<!doctype html><title>one runtime</title><script type="module" src="frame.js"></script>');
  await writeFile(join(page, 'index.html'), '<!doctype html><title>bench:web</title>');
  return {
    page,
    models: join(folder, 'models'),
    tfjs: folderOf('@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm'),
    onnx: folderOf('onnxruntime-web/wasm'),
    litert: join(folderOf('@litertjs/core'), '../wasm'),
  };
}

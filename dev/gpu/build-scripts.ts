/** The trainer and its view worker as one JavaScript file each, without what only other engines need. */
import { createRequire } from 'node:module';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The parts of esbuild, which comes with tsx, that we use. */
interface Esbuild {
  build(
    options: Record<string, unknown>,
  ): Promise<{ metafile: { inputs: Record<string, { imports: { path: string; external?: boolean }[] }> } }>;
}

const esbuild = createRequire(createRequire(import.meta.url).resolve('tsx/package.json'))('esbuild') as Esbuild;
const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Left out, and never reached on the way of this engine: reaching them ends the part with Node's message. */
const LEFT_OUT = ['sharp', 'onnxruntime-node', '@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-backend-wasm'];

/** tfjs's CommonJS asks for these. */
const BANNER =
  "import { createRequire as requireOf } from 'node:module'; import { fileURLToPath as pathOf } from 'node:url'; const require = requireOf(import.meta.url); const __filename = pathOf(import.meta.url); const __dirname = pathOf(new URL('.', import.meta.url));";

/** Entry of the bundle's threads: `pipeline/support/thread.ts` names the module by its TypeScript source. */
const THREAD_ENTRY = "import { workerData } from 'node:worker_threads';\nawait import(workerData.module.replace(/\\.ts$/, '.mjs'));\n";

export async function buildScripts(folder: string): Promise<void> {
  await esbuild.build({
    entryPoints: { main: join(root, 'dev/gpu/target/main.ts'), 'view-worker': join(root, 'pipeline/training/views/view-worker.ts') },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['webgpu', ...LEFT_OUT],
    banner: { js: BANNER },
    // Kernels are reported by the names of tfjs's classes.
    keepNames: true,
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
  writeFileSync(join(folder, 'entry.mjs'), THREAD_ENTRY);
}

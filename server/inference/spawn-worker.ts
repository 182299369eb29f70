import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { InferenceSetup } from './protocol.ts';

/** Starts `worker.js` beside the bundle, or `worker.ts` where the sources run. */
export function spawnWorker(setup: InferenceSetup): Worker {
  if (!import.meta.url.endsWith('.ts')) {
    return new Worker(new URL('./worker.js', import.meta.url), { workerData: setup });
  }
  // A loader given to the main thread (tsx, Vitest) is not the threads' loader, so this thread registers its own.
  const entry = new URL('./worker.ts', import.meta.url).href;
  // The module that `import` gets; `resolve` names the one for `require`.
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx/esm/api').replace(/\.cjs$/, '.mjs')).href;
  const code = `import(${JSON.stringify(tsx)}).then(({ register }) => (register(), import(${JSON.stringify(entry)})))`;
  return new Worker(code, { eval: true, workerData: setup, execArgv: [] });
}

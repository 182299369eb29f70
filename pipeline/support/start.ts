import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

const entry = new URL('./entry.mjs', import.meta.url);

/** Path with which Node starts a `*-child.ts` in a process of its own: `node PROCESS_ENTRY path/of-child.ts words`. */
export const PROCESS_ENTRY = fileURLToPath(entry);

/**
 * Starts a TypeScript module in a worker thread.
 * @param module its URL, a `*worker.ts` of the pipeline; it reads `data` as `workerData.data`
 */
export function startThread(module: URL, data: unknown): Worker {
  return new Worker(entry, { workerData: { module: module.href, data } });
}

import { Worker } from 'node:worker_threads';

/**
 * Starts a TypeScript module in a worker thread.
 * @param module its URL; it reads `data` as `workerData.data`
 */
export function startThread(module: URL, data: unknown): Worker {
  return new Worker(new URL('./entry.mjs', import.meta.url), { workerData: { module: module.href, data } });
}

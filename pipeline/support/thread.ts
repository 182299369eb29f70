/** Threads and processes of the pipeline. */
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

/**
 * The one message that a module sends from a thread of its own, which ends then.
 * @param does what the thread does, for the error of one that stopped without a message: `the thread that … stopped`
 * @throws what the module threw
 */
export function resultOfThread<Answer>(module: URL, data: unknown, does: string): Promise<Answer> {
  const thread = startThread(module, data);
  return new Promise<Answer>((resolve, reject) => {
    thread.on('message', resolve);
    thread.on('error', reject);
    thread.on('exit', (code) => reject(new Error(`the thread that ${does} stopped with code ${code}`)));
  }).finally(() => thread.terminate());
}

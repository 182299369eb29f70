import { Worker } from 'node:worker_threads';

/**
 * Starts a TypeScript module in a worker thread.
 * @param module its URL; it reads `data` as `workerData.data`
 */
export function startThread(module: URL, data: unknown): Worker {
  return new Worker(new URL('./entry.mjs', import.meta.url), { workerData: { module: module.href, data } });
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

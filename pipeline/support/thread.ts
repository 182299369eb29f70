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

/** Message of a thread before its answer. */
export interface ThreadNote<Note> {
  note: Note;
}

const isNote = (message: unknown): message is ThreadNote<unknown> =>
  typeof message === 'object' && message !== null && Object.keys(message).join() === 'note';

/**
 * The answer that a module sends from a thread of its own, which ends then.
 * @param onNote told what it sends as a `ThreadNote` before
 * @param does what the thread does, for the error of one that stopped without a message: `the thread that … stopped`
 * @throws what the module threw
 */
export function resultOfThread<Answer, Note = never>(
  module: URL,
  data: unknown,
  does: string,
  onNote: (note: Note) => void = () => {},
): Promise<Answer> {
  const thread = startThread(module, data);
  return new Promise<Answer>((resolve, reject) => {
    thread.on('message', (message) => (isNote(message) ? onNote(message.note as Note) : resolve(message as Answer)));
    thread.on('error', reject);
    thread.on('exit', (code) => reject(new Error(`the thread that ${does} stopped with code ${code}`)));
  }).finally(() => thread.terminate());
}

/** Batches of an epoch in order: made ahead by worker threads so that the trainer never waits for data, or in its own thread. */
import type { ViewName } from '../../distillers/index.ts';
import { startThread } from '../../support/thread.ts';
import type { Views } from '../training.ts';
import type { ViewMaker, ViewReply, ViewRequest } from './view-maker.ts';

/** Batches requested ahead of the trainer, per worker. */
const AHEAD_PER_WORKER = 2;

export interface BatchSource {
  /**
   * Yields one reply for each element of `batches` (sample indices), in order.
   * @param teacherOnly only what the teacher says of these views
   */
  epoch(epoch: number, batches: Uint32Array[], teacherOnly?: readonly ViewName[]): AsyncGenerator<ViewReply>;
  close(): Promise<void>;
}

/** @throws (from the generator) what a worker threw. */
export function createBatchSource(data: Views, workerCount: number): BatchSource {
  const workers = Array.from({ length: workerCount }, () => createViewWorker(data));
  return {
    async *epoch(epoch, batches, teacherOnly) {
      const pending: Promise<ViewReply>[] = [];
      let requested = 0;
      const requestNext = (): void => {
        const reply = workers[requested % workerCount].request({
          epoch,
          indices: batches[requested++],
          ...(teacherOnly && { teacherOnly }),
        });
        // A rejection is reported where the reply is awaited; until then it must not count as unhandled.
        reply.catch(() => undefined);
        pending.push(reply);
      };
      while (requested < Math.min(batches.length, AHEAD_PER_WORKER * workerCount)) requestNext();
      for (let delivered = 0; delivered < batches.length; delivered++) {
        const reply = await pending.shift()!;
        if (requested < batches.length) requestNext();
        yield reply;
      }
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.close()));
    },
  };
}

/** Batches made when they are wanted, in this thread: where every core is busy with a replica of its own. */
export function ownBatchSource(maker: ViewMaker): BatchSource {
  return {
    async *epoch(epoch, batches, teacherOnly) {
      for (const indices of batches) yield await maker.make({ epoch, indices, ...(teacherOnly && { teacherOnly }) });
    },
    close: () => maker.close(),
  };
}

/** One worker; it answers in the order of the requests. */
function createViewWorker(data: Views): { request(request: ViewRequest): Promise<ViewReply>; close(): Promise<unknown> } {
  const worker = startThread(new URL('./view-worker.ts', import.meta.url), data);
  const waiting: { resolve(reply: ViewReply): void; reject(error: Error): void }[] = [];
  let failure: Error | undefined;
  const fail = (error: Error): void => {
    failure ??= error;
    for (const { reject } of waiting.splice(0)) reject(failure);
  };
  worker.on('message', (reply: ViewReply) => waiting.shift()?.resolve(reply));
  worker.on('error', fail);
  worker.on('exit', (code) => fail(new Error(`a view worker stopped with code ${code}`)));
  return {
    request: (request) =>
      new Promise((resolve, reject) => {
        if (failure) return reject(failure);
        waiting.push({ resolve, reject });
        worker.postMessage(request);
      }),
    close: () => worker.terminate(),
  };
}

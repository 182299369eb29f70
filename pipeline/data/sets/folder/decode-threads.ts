/** Decodes many files in worker threads, in chunks, each answered in the order asked for. */
// On glibc, sharp must be in the main thread before it is in another.
import 'sharp';
import { startThread } from '../../../support/thread.ts';
import type { DecodeReply, DecodeRequest, DecodeWorkerData } from './decode-worker.ts';

/** Chunks that a thread has at hand, so that it never waits. */
const CHUNKS_PER_THREAD = 2;

/**
 * @param chunks paths of each chunk, taken when a thread is free: none is held in memory before
 * @param onChunk told each chunk's reply, in whatever order they come; what it throws ends everything
 * @throws what a worker or `onChunk` threw
 */
export async function decodeInThreads<Chunk extends DecodeRequest>(
  data: DecodeWorkerData,
  threads: number,
  chunks: Iterator<Chunk>,
  onChunk: (chunk: Chunk, reply: DecodeReply) => void,
): Promise<void> {
  const workers = Array.from({ length: threads }, () => startThread(new URL('./decode-worker.ts', import.meta.url), data));
  try {
    await Promise.all(
      workers.map(
        (worker) =>
          new Promise<void>((resolve, reject) => {
            const asked: Chunk[] = [];
            const ask = (): void => {
              const next = chunks.next();
              if (next.done) return;
              asked.push(next.value);
              worker.postMessage({ paths: next.value.paths } satisfies DecodeRequest);
            };
            worker.on('error', reject);
            worker.on('exit', (code) => reject(new Error(`a thread that decodes images stopped with code ${code}`)));
            worker.on('message', (reply: DecodeReply) => {
              try {
                const chunk = asked.shift()!;
                ask();
                onChunk(chunk, reply);
                if (asked.length === 0) resolve();
              } catch (error) {
                reject(error as Error);
              }
            });
            for (let i = 0; i < CHUNKS_PER_THREAD; i++) ask();
            if (asked.length === 0) resolve();
          }),
      ),
    );
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

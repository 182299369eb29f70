/** Logits of an integer program on stored images, by the kernels or, where they can't, the interpreter, in threads that share them. */
import type { Preprocessing } from '@sld-edge/runtime';
import type { IntegerProgram } from '@sld-edge/runtime/integer';
import type { ImageSourceHandle } from '../data/sets/image-source.ts';
import { programBackendFor, type ProgramBackendName } from './program-backend.ts';
import { startThread } from '../support/thread.ts';
import type { ImageSize } from './model-input.ts';

export interface ProgramJob {
  program: IntegerProgram;
  images: ImageSourceHandle;
  /** Size of the stored images. */
  size: ImageSize;
  /** Preprocessing of the images for the program. */
  preprocessing: Preprocessing;
}

/** Share of one thread: the images from `start` to before `end`. */
export interface ProgramShare extends ProgramJob {
  backend: ProgramBackendName;
  start: number;
  end: number;
}

/**
 * @param onProgress told how many images are done
 * @returns `[count, classes]`
 * @throws what a thread threw
 */
export async function programLogits(
  job: ProgramJob,
  count: number,
  threads: number,
  onProgress: (done: number) => void = () => {},
): Promise<Float32Array> {
  const classes = job.program.nodes.at(-1)!.shape[0];
  const logits = new Float32Array(count * classes);
  const share = Math.ceil(count / threads);
  const backend = await programBackendFor(job.program);
  let done = 0;
  const parts = Array.from({ length: threads }, (_, i) => [i * share, Math.min(count, (i + 1) * share)]).filter(
    ([start, end]) => start < end,
  );
  await Promise.all(
    parts.map(([start, end]) => {
      const own: ProgramShare = { ...job, backend, start, end };
      const thread = startThread(new URL('./program-logits-worker.ts', import.meta.url), own);
      return new Promise<void>((resolve, reject) => {
        thread.on('message', ({ at, part }: { at: number; part: Float32Array }) => {
          logits.set(part, at * classes);
          done += part.length / classes;
          onProgress(done);
          if (at + part.length / classes === end) resolve();
        });
        thread.on('error', reject);
        thread.on('exit', (code) => reject(new Error(`the integer thread stopped with code ${code}`)));
      }).finally(() => thread.terminate());
    }),
  );
  return logits;
}

/** Logits of an integer program on stored images, by the reference interpreter, in threads. */
import type { IntegerProgram } from '@sld-edge/runtime/integer';
import type { ImageSource, ImageSourceHandle } from '../data/sets/image-source.ts';
import type { ImageSize } from './model-input.ts';
import type { Preprocessing } from '@sld-edge/runtime';
import { startThread } from '../support/start.ts';

export interface IntegerLogitsJob {
  program: IntegerProgram;
  images: ImageSourceHandle;
  start: number;
  end: number;
  /** Of the stored images. */
  size: ImageSize;
  /** Of what the program takes. */
  preprocessing: Preprocessing;
}

/**
 * @param threads share the images between them
 * @param onProgress told how many images are done
 * @returns `[images, classes]`
 * @throws what a thread threw
 */
export async function integerLogits(program: IntegerProgram, images: ImageSource, size: ImageSize, preprocessing: Preprocessing, threads: number, onProgress: (done: number) => void = () => {}): Promise<Float32Array> {
  const classes = program.nodes.at(-1)!.shape[0];
  const logits = new Float32Array(images.count * classes);
  const share = Math.ceil(images.count / threads);
  let done = 0;
  const parts = Array.from({ length: threads }, (_, i) => [i * share, Math.min(images.count, (i + 1) * share)]).filter(([start, end]) => start < end);
  await Promise.all(
    parts.map(([start, end]) => {
      const job: IntegerLogitsJob = { program, images: images.handle, start, end, size, preprocessing };
      const thread = startThread(new URL('./program-logits-worker.ts', import.meta.url), job);
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


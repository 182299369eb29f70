/** A runtime with a network, opened once and timed again and again. */
import { fetchBytes, fetchJson, type Compute, type SubjectModel } from './subject.ts';
import { SUBJECTS, type SubjectName } from './subjects.ts';

export interface Timed {
  /** @returns the logits of the image */
  open(subject: SubjectName, folder: string, threads: number): Promise<number[]>;
  /** @returns milliseconds of each image */
  time(images: number): Promise<number[]>;
}

export function createTimed(): Timed {
  let compute: Compute;
  return {
    async open(subject, folder, threads) {
      const about = (await fetchJson(`${folder}about.json`)) as Pick<SubjectModel, 'size' | 'channels' | 'scale'>;
      const open = await SUBJECTS[subject].load();
      compute = await open({ ...about, folder, threads, pixels: await fetchBytes(`${folder}pixels.bin`) });
      return [...(await compute())];
    },
    async time(images) {
      const times: number[] = [];
      for (let image = 0; image < images; image++) {
        const started = performance.now();
        await compute();
        times.push(performance.now() - started);
      }
      return times;
    },
  };
}

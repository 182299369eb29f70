/** One frame of the page: one runtime with one network, which the bench calls in turns. */
import { fetchBytes, fetchJson, type Compute, type SubjectModel } from './subject.ts';
import { SUBJECTS, type SubjectName } from './subjects.ts';

export interface TimedFrame {
  /** @returns the logits of the image */
  open(subject: SubjectName, folder: string, threads: number): Promise<number[]>;
  /** @returns milliseconds of each image */
  time(images: number): Promise<number[]>;
}

declare global {
  interface Window {
    timed: TimedFrame;
  }
}

let compute: Compute;

window.timed = {
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

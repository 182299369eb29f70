import { randomJpeg } from './random-jpeg.ts';
import { randomFractions } from '../../random-states.ts';

export interface ProbePicture {
  /** For people: `a progressive JPEG of 4:2:0`. */
  what: string;
  bytes: Uint8Array;
}

/** Samplings that cameras and programs write. */
export const SAMPLINGS = {
  '4:4:4': [
    [1, 1],
    [1, 1],
    [1, 1],
  ],
  '4:2:2': [
    [2, 1],
    [1, 1],
    [1, 1],
  ],
  '4:2:0': [
    [2, 2],
    [1, 1],
    [1, 1],
  ],
  '4:4:0': [
    [1, 2],
    [1, 1],
    [1, 1],
  ],
  '4:1:1': [
    [4, 1],
    [1, 1],
    [1, 1],
  ],
  grey: [[1, 1]],
} as const;

/** One of each sampling, baseline and progressive, of odd sides, with restart markers every other time: some hundred blocks in all. */
export function* probePictures(): Generator<ProbePicture> {
  const random = randomFractions();
  for (const [i, [name, sampling]] of Object.entries(SAMPLINGS).entries())
    for (const progressive of [false, true]) {
      const bytes = randomJpeg({ width: 37 + i, height: 21 + 2 * i, sampling, step: 4 + 3 * i, restartUnits: i % 2, progressive, random });
      yield { what: `a ${progressive ? 'progressive' : 'baseline'} JPEG of ${name}`, bytes };
    }
}

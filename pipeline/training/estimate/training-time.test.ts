import { describe, expect, it } from 'vitest';
import { freeze } from '../../networks/freeze.ts';
import { buildNetwork } from '../../networks/index.ts';
import { networkHandle } from '../../teachers/teacher-handle.ts';
import { randomState } from '../../testing/random-state.ts';
import type { Training } from '../training.ts';
import { timeText } from './say-estimate.ts';
import { epochSeconds, paceOfPasses, watchPace } from './training-time.ts';

const inputShape = { height: 8, width: 8, channels: 3 };
const network = buildNetwork('resnet8', { inputShape, classes: 3 });

/** 10 batches of 4 images in 2 views, 3 epochs; 24 images are measured after each. */
function training(changes: object = {}): Training {
  const labels = (count: number) => ({ labels: new Uint16Array(count) });
  return {
    network,
    recipe: { epochs: 3, batchSize: 4 },
    views: ['weak', 'strong'],
    train: labels(42),
    validation: labels(8),
    trainingProbe: labels(16),
    start: { epochsDone: 0 },
    ...changes,
  } as unknown as Training;
}

describe('epochSeconds', () => {
  it('counts whole batches of all views, and what is measured', () => {
    const work = { trained: 42, batchSize: 4, views: 2, measured: 24 };
    // 40 images of the 42 in two views at 3·0.1 + 0.2 s, and 24 at 0.1 s.
    expect(epochSeconds(work, paceOfPasses(0.1, 0.2))).toBeCloseTo(40 * 2 * 0.5 + 2.4, 9);
  });
});

describe('watchPace', () => {
  /** Steps 1, 2, … of an epoch of ten that end at these seconds. @returns what was said after each */
  const said = (seconds: number[], changes: object = {}) => {
    let ms = 0;
    const watch = watchPace(training(changes), () => ms);
    return seconds.map((second, i) => {
      ms = 1000 * second;
      return watch.onStep({ step: i + 1, stepsPerEpoch: 10 });
    });
  };

  it('says once what is left, by three steps or more that take two seconds, without the first two', () => {
    const all = said([30, 40, 41, 42, 43, 44, 45]);
    expect(all.map((one) => one !== undefined)).toEqual([false, false, false, false, false, true, false]);
    // A step takes 1 s, so a view 1/8 s, and a pass that measures a third of that. Of the first epoch six steps are done.
    expect(all[5]!.secondsPerStep).toBeCloseTo(1, 9);
    expect(all[5]!.secondsLeft).toBeCloseTo(3 * (10 + 24 / 24) - 6, 9);
  });

  it('counts only the epochs that are left', () => {
    expect(said([30, 40, 41, 42, 43, 44], { start: { epochsDone: 2 } })[5]!.secondsLeft).toBeCloseTo(10 + 1 - 6, 9);
  });

  it('takes a share of the step for the teacher, so that measuring, which asks none, is the shorter', () => {
    const handle = networkHandle(freeze(network, randomState(network)), {} as never);
    // A teacher like the student: one pass of four.
    const [alone, taught] = [{}, { teacher: handle }].map((changes) => said([30, 40, 41, 42, 43, 44], changes)[5]!.secondsLeft);
    const measuring = (left: number): number => (left + 6) / 3 - 10;
    expect(measuring(taught) / measuring(alone)).toBeCloseTo(3 / 4, 2);
  });

  it('is said at the end of an epoch that is short, and not of an epoch of one step', () => {
    expect(said([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]).findIndex((one) => one)).toBe(9);
    const watch = watchPace(training());
    expect(watch.onStep({ step: 1, stepsPerEpoch: 1 })).toBeUndefined();
  });

  it('times steps that are read together as one read', () => {
    // Steps 1 to 4 are read at 10 s, 5 to 8 at 14 s: a second each. At 16 s the second read is known to be whole.
    const all = said([10, 10, 10, 10, 14, 14, 14, 14, 16, 16]);
    expect(all.findIndex((one) => one)).toBe(8);
    expect(all[8]!.secondsPerStep).toBeCloseTo(1, 9);
  });
});

it('states hundreds of images a second without an exponent', () => {
  const text = timeText({ recipe: { batchSize: 64 } } as Training, { secondsPerStep: 0.2, secondsLeft: 61 });
  expect(text).toBe('time: about 61 s for the epochs that are left, by the first steps: 320 images/s');
});

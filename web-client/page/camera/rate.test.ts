import { expect, it } from 'vitest';
import { createFrameRate } from './rate.ts';

it('counts answers a second, and the frames that had none since the start', () => {
  const rate = createFrameRate(1000);
  const at = (ms: number, frames: number) => rate(ms, frames);
  expect(at(0, 1)).toBeUndefined();
  expect(at(500, 15)).toBeUndefined();
  // Two answers after the first, 29 frames after it.
  expect(at(1000, 30)).toEqual({ perSecond: 2, passedOver: 27 });
  expect(at(1500, 45)).toBeUndefined();
  expect(at(3000, 60)).toEqual({ perSecond: 1, passedOver: 55 });
});

it('passes nothing over where every frame is answered', () => {
  const rate = createFrameRate(100);
  const last = [0, 50, 100].map((ms, i) => rate(ms, i + 1)).at(-1);
  expect(last).toEqual({ perSecond: 20, passedOver: 0 });
});

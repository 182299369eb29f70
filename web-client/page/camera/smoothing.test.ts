import { expect, it } from 'vitest';
import { createSmoothing } from './smoothing.ts';

const answer = (a: number, b: number) =>
  [
    { label: 'a', index: 0, probability: a },
    { label: 'b', index: 1, probability: b },
  ].sort((one, other) => other.probability - one.probability);

it('halves the weight of what came before in each half-life, however the frames fall', () => {
  const smooth = createSmoothing(100);
  expect(smooth(answer(1, 0), 0)).toEqual(answer(1, 0));
  expect(smooth(answer(0, 1), 100)).toEqual([
    { label: 'a', index: 0, probability: 0.5 },
    { label: 'b', index: 1, probability: 0.5 },
  ]);
  // Two half-lives later: a quarter of 0.5, and three quarters of 0.
  expect(smooth(answer(0, 1), 300).map(({ label, probability }) => [label, probability])).toEqual([
    ['b', 0.875],
    ['a', 0.125],
  ]);
});

it('stays a distribution, and follows what stays', () => {
  const smooth = createSmoothing(100);
  smooth(answer(1, 0), 0);
  let last = answer(0, 0);
  for (let at = 30; at < 2000; at += 30) last = smooth(answer(0.2, 0.8), at);
  expect(last[0]).toMatchObject({ label: 'b', probability: expect.closeTo(0.8, 5) });
  expect(last[0].probability + last[1].probability).toBeCloseTo(1, 12);
});

it('begins anew with a model of other classes', () => {
  const smooth = createSmoothing(100);
  smooth(answer(1, 0), 0);
  expect(smooth([{ label: 'x', index: 0, probability: 1 }], 1)).toEqual([{ label: 'x', index: 0, probability: 1 }]);
});

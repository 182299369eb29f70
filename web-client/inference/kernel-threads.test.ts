import { expect, it } from 'vitest';
import { threadCount } from './kernel-threads.ts';

it.each([
  [1, 1],
  [2, 1],
  [5, 2],
  [8, 4],
  [64, 4],
  [undefined, 1],
])('of %s cores half compute an image, four at most: %i', (hardwareConcurrency, threads) => {
  expect(threadCount({ crossOriginIsolated: true, navigator: { hardwareConcurrency } })).toBe(threads);
});

it('as many as were asked for, but one where memory can not be shared', () => {
  const navigator = { hardwareConcurrency: 8 };
  expect(threadCount({ crossOriginIsolated: true, navigator }, 3)).toBe(3);
  expect(threadCount({ crossOriginIsolated: false, navigator }, 3)).toBe(1);
  expect(threadCount({ crossOriginIsolated: false, navigator })).toBe(1);
});

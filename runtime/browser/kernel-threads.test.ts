import { expect, it } from 'vitest';
import { threadCount } from './kernel-threads.ts';

/** A program of so many products of weights: maps of 1,000 places. */
const programOf = (products: number): Parameters<typeof threadCount>[1] =>
  ({ nodes: [{ shape: [10, 100, 8], weights: new Int8Array(products / 1000) }] }) as unknown as Parameters<typeof threadCount>[1];
const large = programOf(20_000_000);

it.each([
  [1, 1],
  [2, 1],
  [5, 2],
  [8, 4],
  [64, 4],
  [undefined, 1],
])('of %s cores half compute an image, four at most: %i', (hardwareConcurrency, threads) => {
  expect(threadCount({ crossOriginIsolated: true, navigator: { hardwareConcurrency } }, large)).toBe(threads);
});

it('as many as were asked for, but one where memory can not be shared', () => {
  const navigator = { hardwareConcurrency: 8 };
  expect(threadCount({ crossOriginIsolated: true, navigator }, large, 3)).toBe(3);
  expect(threadCount({ crossOriginIsolated: false, navigator }, large, 3)).toBe(1);
  expect(threadCount({ crossOriginIsolated: false, navigator }, large)).toBe(1);
});

it('one for a small program, and for none, unless more were asked for', () => {
  const device = { crossOriginIsolated: true, navigator: { hardwareConcurrency: 8 } };
  expect([large, programOf(19_999_000), undefined].map((program) => threadCount(device, program))).toEqual([4, 1, 1]);
  expect(threadCount(device, programOf(1000), 2)).toBe(2);
});

import { expect, test } from 'vitest';
import { relativeError, quartiles } from './statistics.ts';

test('quartiles lie between the sorted values', () => {
  // Sorted 1 2 4 8 16: quartiles at positions 1, 2, 3.
  expect(quartiles([16, 1, 8, 2, 4])).toEqual({ least: 1, low: 2, median: 4, high: 8 });
  // Sorted 1 2 3 10: positions 0.75, 1.5, 2.25.
  expect(quartiles([10, 3, 1, 2])).toEqual({ least: 1, low: 1.75, median: 2.5, high: 4.75 });
  expect(quartiles([7])).toEqual({ least: 7, low: 7, median: 7, high: 7 });
  expect(() => quartiles([])).toThrow(RangeError);
});

test('the error is relative to the second value', () => {
  expect(relativeError(-3, -2)).toBe(0.5);
  expect(relativeError(0, 0)).toBe(0);
});

import { describe, expect, it } from 'vitest';
import { spaced } from './spaced.ts';

describe('spaced', () => {
  it.each([
    [10, 4, [0, 3, 6, 9]],
    [3, 4, [0, 1, 2]],
    [1, 4, [0]],
    [0, 4, []],
    [5, 1, [0]],
  ])('of %i takes %i', (length, count, expected) => expect(spaced(length, count)).toEqual(expected));
});

import { expect, it } from 'vitest';
import { destination } from './grid.ts';

it.each<[key: string, at: number, to: number | undefined]>([
  ['ArrowRight', 4, 5],
  ['ArrowLeft', 4, 3],
  ['ArrowDown', 4, 8],
  ['ArrowUp', 4, 0],
  ['Home', 4, 0],
  ['End', 4, 9],
  ['ArrowUp', 3, undefined],
  ['ArrowDown', 7, undefined],
  ['ArrowRight', 9, undefined],
  ['Enter', 4, undefined],
  ['toString', 4, undefined],
])('%s in the cell %d of ten, four a row', (key, at, to) => {
  expect(destination(key, at, 10, 4, false)).toBe(to);
});

it('goes the other way where text runs from right to left', () => {
  expect(destination('ArrowLeft', 4, 10, 4, true)).toBe(5);
  expect(destination('ArrowRight', 0, 10, 4, true)).toBeUndefined();
});

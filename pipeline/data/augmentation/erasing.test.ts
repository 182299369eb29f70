import { expect, it } from 'vitest';
import { scripted } from '../../testing/scripted-random.ts';
import { erase } from './erasing.ts';

it('random erasing covers a rectangle that is smaller than the image, with its probability', () => {
  const erased = (probability: number, ...draws: number[]): number[] => {
    const data = new Uint8Array(16).fill(9);
    erase({ height: 4, width: 4, channels: 1, data }, probability, scripted(...draws));
    return [...data];
  };
  expect(erased(0.3, 0.3)).toEqual(new Array(16).fill(9));
  // 16 · (0.02 + 0.31 · 0.74) = 3.99 pixels; exp(ln 0.3 + u · ln 11) = 1 at u = 0.5021: 2 by 2, at row 1 of 0…2 and column 2 of 0…2.
  expect(erased(0.3, 0.29, 0.74, 0.5021, 0.5, 0.9)).toEqual([9, 9, 9, 9, 9, 9, 123, 123, 9, 9, 123, 123, 9, 9, 9, 9]);
  // Height over width 3.3 of 5.28 pixels: 4.17, no less than the image; then the draw from above.
  expect(erased(1, 0, 1, 1, 0.74, 0.5021, 0, 0).slice(0, 8)).toEqual([123, 123, 9, 9, 123, 123, 9, 9]);
});

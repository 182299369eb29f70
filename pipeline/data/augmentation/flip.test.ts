import { describe, expect, it } from 'vitest';
import { flipLeftRight, flipUpDown } from './flip.ts';

describe('mirror images', () => {
  const after = (change: typeof flipUpDown, height: number, width: number, channels: number): number[] => {
    const pixels = Uint8Array.from({ length: height * width * channels }, (_, i) => i + 1);
    change(pixels, { height, width, channels });
    return [...pixels];
  };

  it('exchange left and right, the channels of a pixel together, the middle column where it is', () => {
    expect(after(flipLeftRight, 2, 2, 3)).toEqual([4, 5, 6, 1, 2, 3, 10, 11, 12, 7, 8, 9]);
    expect(after(flipLeftRight, 1, 3, 1)).toEqual([3, 2, 1]);
    expect(after(flipLeftRight, 1, 5, 3)).toEqual([13, 14, 15, 10, 11, 12, 7, 8, 9, 4, 5, 6, 1, 2, 3]);
  });

  it('exchange top and bottom, the middle row where it is', () => {
    expect(after(flipUpDown, 3, 2, 1)).toEqual([5, 6, 3, 4, 1, 2]);
    expect(after(flipUpDown, 2, 1, 3)).toEqual([4, 5, 6, 1, 2, 3]);
  });
});

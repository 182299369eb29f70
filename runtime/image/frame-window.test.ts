import { expect, it } from 'vitest';
import { whiteOutside } from './frame-window.ts';

const image = { width: 3, height: 2, data: Uint8Array.from({ length: 18 }, (_, i) => Math.floor(i / 3)) };
const levels = (window: Parameters<typeof whiteOutside>[1]): number[] =>
  [...whiteOutside(image, window).data].filter((_, i) => i % 3 === 0);

it('makes white what a frame leaves uncovered', () => {
  expect(levels({ left: 1, top: 0, width: 2, height: 1 })).toEqual([255, 1, 2, 255, 255, 255]);
  expect(levels({ left: 2, top: 1, width: 9, height: 9 })).toEqual([255, 255, 255, 255, 255, 5]);
  expect(levels({ left: 5, top: 0, width: 1, height: 1 })).toEqual([255, 255, 255, 255, 255, 255]);
});

it('gives back a picture that its frame covers', () => {
  expect(whiteOutside(image, { left: 0, top: 0, width: 3, height: 2 })).toBe(image);
});

import { expect, it } from 'vitest';
import { onWhite } from './on-white.ts';

it('rounds the share of a colour and adds white', () => {
  // (100 * 128 + 127) / 255 = 50.7, 255 - 128 = 127; opaque and transparent ones
  expect([...onWhite(Uint8Array.of(100, 0, 255, 128, 7, 8, 9, 255, 7, 8, 9, 0), 4)]).toEqual([177, 127, 255, 7, 8, 9, 255, 255, 255]);
});

it('spreads grey, with and without alpha', () => {
  expect([...onWhite(Uint8Array.of(100, 128), 2)]).toEqual([177, 177, 177]);
  expect([...onWhite(Uint8Array.of(5, 6), 1)]).toEqual([5, 5, 5, 6, 6, 6]);
});

it('only adds white where colours are multiplied already, and stays within a byte', () => {
  // 50 + 127; 200 is more than an alpha of 128 allows
  expect([...onWhite(Uint8Array.of(50, 0, 200, 128), 4, true)]).toEqual([177, 127, 255]);
});

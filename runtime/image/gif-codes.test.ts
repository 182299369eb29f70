import { expect, it } from 'vitest';
import { checkGifCodes } from './gif-codes.ts';
import { ByteReader } from './inspect/byte-reader.ts';

/** Codes of 3 bits, the lowest bit of each byte first, in one block. Of two bits a pixel: 4 clears, 5 ends, 6 is the first new one. */
function frame(...codes: number[]): ByteReader {
  const bytes = new Array<number>(Math.ceil((3 * codes.length) / 8)).fill(0);
  codes.forEach((code, i) => {
    for (let bit = 0; bit < 3; bit++) bytes[(3 * i + bit) >> 3] |= ((code >> bit) & 1) << ((3 * i + bit) & 7);
  });
  return new ByteReader(Uint8Array.from([2, bytes.length, ...bytes, 0]), 'GIF');
}
const isWhole = (pixels: number, ...codes: number[]): boolean => {
  try {
    checkGifCodes(frame(...codes), 0, pixels);
    return true;
  } catch {
    return false;
  }
};

it('counts the pixels that codes make', () => {
  // 1, then the new code 6 = 1 1, then the end: 3 pixels.
  expect(isWhole(3, 4, 1, 6, 5)).toBe(true);
  expect(isWhole(4, 4, 1, 6, 5)).toBe(false);
  // Without an end, as long as there are enough.
  expect(isWhole(3, 4, 1, 6)).toBe(true);
  // Cleared in between.
  expect(isWhole(4, 4, 1, 6, 4, 3)).toBe(true);
});

it('refuses a code that there is not yet, and a code size that no pixel has', () => {
  expect(isWhole(2, 4, 1, 7, 5)).toBe(false);
  expect(isWhole(2, 4, 6, 1, 5)).toBe(false);
  expect(() => checkGifCodes(new ByteReader(Uint8Array.of(11, 1, 0, 0), 'GIF'), 0, 1)).toThrow('damaged');
});

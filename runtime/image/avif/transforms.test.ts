import { describe, expect, it } from 'vitest';
import { ByteReader } from '../inspect/byte-reader.ts';
import type { RgbImage } from '../rgb-image.ts';
import { applyTransforms, readTransform, type AvifTransform } from './transforms.ts';

/** A grey picture of rows of levels. */
const picture = (...rows: number[][]): RgbImage => ({
  width: rows[0].length,
  height: rows.length,
  data: Uint8Array.from(rows.flat().flatMap((level) => [level, level, level])),
});
function read(type: string, ...content: number[]): AvifTransform {
  return readTransform(new ByteReader(Uint8Array.from(content), 'AVIF'), { type, at: 0, start: 0, end: content.length });
}
const window = (...numbers: number[]): AvifTransform => {
  const bytes = Buffer.alloc(32);
  numbers.forEach((value, i) => bytes.writeInt32BE(value, 4 * i));
  return read('clap', ...bytes);
};
const STORED = picture([1, 2, 3], [4, 5, 6]);

describe('a turned picture', () => {
  it.each([
    [0, [1, 2, 3], [4, 5, 6]],
    [1, [3, 6], [2, 5], [1, 4]],
    [2, [6, 5, 4], [3, 2, 1]],
    [3, [4, 1], [5, 2], [6, 3]],
  ])('is turned %s quarters against the clock', (quarters, ...rows) => {
    expect(applyTransforms(STORED, [read('irot', quarters)])).toEqual(picture(...(rows as number[][])));
  });

  it('is mirrored top to bottom, or left to right', () => {
    expect(applyTransforms(STORED, [read('imir', 0)])).toEqual(picture([4, 5, 6], [1, 2, 3]));
    expect(applyTransforms(STORED, [read('imir', 1)])).toEqual(picture([3, 2, 1], [6, 5, 4]));
  });
});

describe('a crop', () => {
  it('is a window around the middle', () => {
    // Of 3 x 2, 2 x 2 half a pixel to the left, and half a pixel to the right; by other fractions of the same value.
    expect(applyTransforms(STORED, [window(2, 1, 2, 1, -1, 2, 0, 1)])).toEqual(picture([1, 2], [4, 5]));
    expect(applyTransforms(STORED, [window(6, 3, 4, 2, 2, 4, 0, 7)])).toEqual(picture([2, 3], [5, 6]));
    expect(applyTransforms(STORED, [window(1, 1, 1, 1, 0, 1, 1, 2)])).toEqual(picture([5]));
  });

  it('comes in its order', () => {
    const bottomRight = window(2, 1, 1, 1, 1, 2, 1, 2);
    expect(applyTransforms(STORED, [bottomRight, read('irot', 1)])).toEqual(picture([6], [5]));
    expect(applyTransforms(STORED, [read('irot', 1), window(1, 1, 2, 1, 1, 2, 1, 2)])).toEqual(picture([5], [4]));
  });

  it.each([
    ['begins within a pixel', [2, 1, 2, 1, 0, 1, 0, 1]],
    ['goes beyond the picture', [2, 1, 2, 1, 3, 2, 0, 1]],
    ['is larger than the picture', [5, 1, 2, 1, 0, 1, 0, 1]],
    ['is empty', [1, 1, 0, 1, 0, 1, 0, 1]],
  ])('is refused where it %s', (_, numbers) => {
    expect(() => applyTransforms(STORED, [window(...numbers)])).toThrow(expect.objectContaining({ code: 'IMAGE_UNDECODABLE' }) as Error);
  });

  it.each([
    ['has half a pixel more', [5, 2, 2, 1, 0, 1, 0, 1]],
    ['is a quarter of a pixel aside', [2, 1, 2, 1, 1, 4, 0, 1]],
    ['divides by nothing', [2, 0, 2, 1, 1, 2, 0, 1]],
  ])('is refused where it %s', (_, numbers) => {
    expect(() => window(...numbers)).toThrow(expect.objectContaining({ code: 'IMAGE_UNDECODABLE' }) as Error);
  });
});

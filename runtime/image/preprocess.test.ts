import { describe, expect, it } from 'vitest';
import type { Preprocessing } from '../package/manifest.ts';
import { decodeBase64, picture, resized } from './fixtures/fixtures.ts';
import { luma, toGrey } from './grey.ts';
import { normalise } from './preprocess.ts';
import { preprocessToPixels } from './with-simd.ts';

const options = (width: number, height: number, channels: 1 | 3, fit: 'cover' | 'stretch'): Preprocessing => ({
  width,
  height,
  channels,
  fit,
  filter: 'triangle',
  mean: Array<number>(channels).fill(0.5),
  std: Array<number>(channels).fill(0.25),
});

describe('luma', () => {
  it('weighs red, green and blue by 0.299, 0.587 and 0.114, rounded', () => {
    expect([luma(255, 0, 0), luma(0, 255, 0), luma(0, 0, 255)]).toEqual([76, 150, 29]);
    expect([luma(0, 0, 0), luma(255, 255, 255), luma(7, 7, 7), luma(125, 123, 114)]).toEqual([0, 255, 7, 123]);
  });

  it('refuses bytes that are not whole pixels', () => {
    expect(() => toGrey(new Uint8Array(4))).toThrow('RGB pixels have 3 bytes each; came 4 bytes');
  });
});

describe('preprocessToPixels', () => {
  it.each(resized.covers)("cover equals Pillow's ImageOps.fit: $source to $result", ({ source, result, rgb, grey }) => {
    expect(preprocessToPixels(picture(...source), options(...result, 3, 'cover'))).toEqual(decodeBase64(rgb));
    expect(preprocessToPixels(picture(...source), options(...result, 1, 'cover'))).toEqual(decodeBase64(grey));
  });

  it.each(resized.resizes.filter(({ box }) => box === null))(
    'stretch equals Pillow: $source to $result',
    ({ source, result, expected }) => {
      expect(preprocessToPixels(picture(...source), options(...result, 3, 'stretch'))).toEqual(decodeBase64(expected));
    },
  );

  it('cover takes the centre of the longer side', () => {
    // Columns 1 and 2 of four, at their own size.
    const image = { width: 4, height: 2, data: Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8].flatMap((level) => [level, level, level])) };
    expect([...preprocessToPixels(image, options(2, 2, 1, 'cover'))]).toEqual([2, 3, 6, 7]);
  });

  it('keeps a part of the shorter side where a crop ratio says so', () => {
    // Of 4 x 8 pixels the half of 4: rows 3 and 4, columns 1 and 2.
    const image = { width: 4, height: 8, data: Uint8Array.from({ length: 96 }, (_, i) => Math.floor(i / 3)) };
    const half = { ...options(2, 2, 1, 'cover'), cropRatio: 0.5 };
    expect([...preprocessToPixels(image, half)]).toEqual([13, 14, 17, 18]);
    expect([...preprocessToPixels(image, { ...half, width: 4, height: 4, cropRatio: 1 })]).toEqual([...Array(16).keys()].map((i) => i + 8));
    // An image of the input's own size is cropped, too: the first pixel lies three quarters of the way from (0, 0) to (1, 1).
    expect([...preprocessToPixels({ width: 4, height: 4, data: image.data.slice(0, 48) }, { ...half, width: 4, height: 4 })][0]).toBe(4);
  });

  it("leaves an image of the input's size alone, and hands out a copy", () => {
    const image = picture(12, 9);
    const pixels = preprocessToPixels(image, options(12, 9, 3, 'cover'));
    expect(pixels).toEqual(image.data);
    pixels[0] ^= 255;
    expect(image).toEqual(picture(12, 9));
  });

  it('covers with every shape of image', () => {
    for (let width = 1; width <= 40; width++) {
      for (let height = 1; height <= 40; height++) {
        const image = { width, height, data: new Uint8Array(width * height * 3).fill(200) };
        expect(preprocessToPixels(image, options(7, 5, 1, 'cover')).every((level) => level === 200)).toBe(true);
      }
    }
  });

  it("refuses data that are not the image's", () => {
    expect(() => preprocessToPixels({ width: 2, height: 2, data: new Uint8Array(16) }, options(2, 2, 3, 'cover'))).toThrow(RangeError);
  });
});

describe('normalise', () => {
  it('subtracts the mean and divides by the deviation of each channel', () => {
    const p = { ...options(1, 1, 3, 'cover'), mean: [0, 0.5, 1], std: [1, 0.5, 0.25] };
    expect([...normalise(Uint8Array.from([255, 0, 255, 51, 255, 0]), p)]).toEqual([1, -1, 0, Math.fround(0.2), 1, -4]);
  });

  it('refuses pixels that are not whole images and constants that are not one per channel', () => {
    expect(() => normalise(new Uint8Array(5), options(2, 2, 1, 'cover'))).toThrow('pixels come in images of 2 x 2 x 1 bytes; came 5 bytes');
    expect(() => normalise(new Uint8Array(4), { ...options(2, 2, 1, 'cover'), std: [] })).toThrow(
      'mean and std need 1 numbers each; came 1 and 0',
    );
  });
});

import { describe, expect, it } from 'vitest';
import { imageOperations } from './index.ts';

function apply(name: string, magnitude: number, height: number, width: number, channels: 1 | 3, levels: number[]): number[] {
  const target = new Uint8Array(levels.length);
  imageOperations[name].apply({ height, width, channels, data: Uint8Array.from(levels) }, magnitude, target);
  return [...target];
}

describe('operations on images small enough to compute by hand', () => {
  it('has the fourteen names and ranges of the public code', () => {
    expect(Object.entries(imageOperations).map(([name, { min, max }]) => [name, min, max])).toEqual([
      ['AutoContrast', 0, 1],
      ['Brightness', 0.05, 0.95],
      ['Color', 0.05, 0.95],
      ['Contrast', 0.05, 0.95],
      ['Equalize', 0, 1],
      ['Identity', 0, 1],
      ['Posterize', 4, 8],
      ['Rotate', -30, 30],
      ['Sharpness', 0.05, 0.95],
      ['ShearX', -0.3, 0.3],
      ['ShearY', -0.3, 0.3],
      ['Solarize', 0, 256],
      ['TranslateX', -0.3, 0.3],
      ['TranslateY', -0.3, 0.3],
    ]);
  });

  it('Brightness cuts the fraction off: 0.5 · 101 = 50.5', () => {
    expect(apply('Brightness', 0.5, 1, 3, 1, [0, 101, 255])).toEqual([0, 50, 127]);
  });

  it('Contrast blends with the rounded mean: (10 + 21) / 2 = 15.5, 16', () => {
    expect(apply('Contrast', 0.5, 1, 2, 1, [10, 21])).toEqual([13, 18]);
  });

  it('Contrast of RGB takes the mean of the luma: pure green is 150', () => {
    expect(apply('Contrast', 0.5, 1, 1, 3, [0, 255, 0])).toEqual([75, 202, 75]);
  });

  it("Color blends with each pixel's luma and leaves grey alone", () => {
    expect(apply('Color', 0.5, 1, 1, 3, [0, 255, 0])).toEqual([75, 202, 75]);
    expect(apply('Color', 0.5, 1, 2, 1, [3, 250])).toEqual([3, 250]);
  });

  it('Sharpness smooths the inside: the centre of eight 0 and one 130 is 50, half-way 90', () => {
    expect(apply('Sharpness', 0.5, 3, 3, 1, [0, 0, 0, 0, 130, 0, 0, 0, 0])).toEqual([0, 0, 0, 0, 90, 0, 0, 0, 0]);
  });

  it('Sharpness leaves an image without an inside as it is', () => {
    expect(apply('Sharpness', 0.5, 2, 3, 1, [9, 8, 7, 6, 5, 4])).toEqual([9, 8, 7, 6, 5, 4]);
  });

  it('AutoContrast stretches each channel by itself and leaves a flat one', () => {
    // In double precision 100 · 5.1 - 255 is a little below 255, and Pillow cuts the fraction off: 254.
    expect(apply('AutoContrast', 0, 1, 3, 3, [50, 9, 0, 60, 9, 255, 100, 9, 128])).toEqual([0, 9, 0, 51, 9, 255, 254, 9, 128]);
  });

  it('Equalize spreads two levels of 510 pixels over the range', () => {
    // 255 pixels below the brightest level: step 1; level 100 has none below it, level 200 has 255.
    const levels = [...Array<number>(255).fill(100), ...Array<number>(255).fill(200)];
    expect(apply('Equalize', 0, 2, 255, 1, levels)).toEqual([...Array<number>(255).fill(0), ...Array<number>(255).fill(255)]);
  });

  it('Posterize keeps whole bits, Solarize inverts from the threshold on', () => {
    expect(apply('Posterize', 4.9, 1, 3, 1, [15, 16, 255])).toEqual([0, 16, 240]);
    expect(apply('Posterize', 8, 1, 2, 1, [15, 255])).toEqual([15, 255]);
    expect(apply('Solarize', 128, 1, 3, 1, [127, 128, 255])).toEqual([127, 127, 0]);
    expect(apply('Solarize', 256, 1, 1, 1, [255])).toEqual([255]);
  });

  it('TranslateX moves by whole pixels, black behind', () => {
    expect(apply('TranslateX', 0.3, 1, 10, 1, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])).toEqual([4, 5, 6, 7, 8, 9, 10, 0, 0, 0]);
    expect(apply('TranslateX', -0.2, 1, 5, 1, [1, 2, 3, 4, 5])).toEqual([0, 1, 2, 3, 4]);
  });

  it('TranslateY moves rows, all channels together', () => {
    expect(apply('TranslateY', 0.25, 4, 1, 3, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 0, 0]);
  });

  it('ShearX takes row y from y · magnitude further right', () => {
    // Row 0 (centre 0.5) moves by 0.15, row 1 by 0.45, row 2 by 0.75: pixel centres + 0.75 fall into the next column.
    expect(apply('ShearX', 0.3, 3, 3, 1, [1, 2, 3, 4, 5, 6, 7, 8, 9])).toEqual([1, 2, 3, 4, 5, 6, 8, 9, 0]);
  });

  it('Rotate turns counter-clockwise about the centre', () => {
    expect(apply('Rotate', 90, 3, 3, 1, [1, 2, 3, 4, 5, 6, 7, 8, 9])).toEqual([3, 6, 9, 2, 5, 8, 1, 4, 7]);
    expect(apply('Rotate', 0, 2, 2, 1, [1, 2, 3, 4])).toEqual([1, 2, 3, 4]);
  });
});

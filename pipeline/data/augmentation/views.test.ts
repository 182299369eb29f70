import { describe, expect, it } from 'vitest';
import { cropPadded } from './crop.ts';
import { flipLeftRight } from './flip.ts';
import { createRandom, PUBLISHED, strongView, weakView, type ByteImage, type ImageShape } from './index.ts';
import { scripted } from '../../testing/scripted-random.ts';

const grey: ImageShape = { height: 2, width: 3, channels: 1 };

const imageOf = (levels: readonly number[], shape = grey): ByteImage => ({ ...shape, data: Uint8Array.from(levels) });

describe('cropPadded', () => {
  const source = Uint8Array.from([1, 2, 3, 4, 5, 6]);
  const crop = (top: number, left: number): number[] => {
    const target = new Uint8Array(6).fill(99);
    cropPadded(source, target, grey, 1, top, left);
    return [...target];
  };

  it('takes the image itself at the centre', () => {
    expect(crop(1, 1)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('shows the black border at the corners', () => {
    expect(crop(0, 0)).toEqual([0, 0, 0, 0, 1, 2]);
    expect(crop(2, 2)).toEqual([5, 6, 0, 0, 0, 0]);
    expect(crop(0, 2)).toEqual([0, 0, 0, 2, 3, 0]);
  });

  it('keeps the channels of a pixel together', () => {
    const target = new Uint8Array(6);
    cropPadded(Uint8Array.from([1, 2, 3, 4, 5, 6]), target, { height: 1, width: 2, channels: 3 }, 1, 1, 2);
    expect([...target]).toEqual([4, 5, 6, 0, 0, 0]);
  });

  it('is black where the window holds padding only', () => {
    const target = new Uint8Array(6).fill(99);
    cropPadded(source, target, grey, 4, 0, 0);
    expect([...target]).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

describe('weakView', () => {
  it('draws top, left and the mirror in this order', () => {
    const target = new Uint8Array(6);
    // integer(9): 5/9 gives row offset 5 (one down), 4/9 gives column offset 4 (none); 0.4 < 0.5 mirrors.
    weakView(imageOf([1, 2, 3, 4, 5, 6]), target, grey, scripted(5.5 / 9, 4.5 / 9, 0.4));
    expect([...target]).toEqual([6, 5, 4, 0, 0, 0]);
  });

  it('mirrors nothing with flip none, and is else what it was', () => {
    const target = new Uint8Array(6);
    weakView(imageOf([1, 2, 3, 4, 5, 6]), target, grey, scripted(5.5 / 9, 4.5 / 9, 0.4), { ...PUBLISHED, flip: 'none' });
    expect([...target]).toEqual([4, 5, 6, 0, 0, 0]);
    const [plain, unflipped] = [new Uint8Array(6), new Uint8Array(6)];
    for (const make of [weakView, strongView]) {
      let differing = 0;
      for (let sample = 0; sample < 40; sample++) {
        make(imageOf([1, 2, 3, 4, 5, 6]), plain, grey, createRandom(1, 2, sample));
        make(imageOf([1, 2, 3, 4, 5, 6]), unflipped, grey, createRandom(1, 2, sample), { ...PUBLISHED, flip: 'none' });
        differing += Number(Buffer.compare(plain, unflipped) !== 0);
      }
      expect(differing).toBeGreaterThan(0);
      expect(differing).toBeLessThan(30);
    }
  });

  it('turns upside down with vertical, and draws a second number for both', () => {
    const target = new Uint8Array(6);
    const view = (flip: 'vertical' | 'both', ...draws: number[]): number[] => {
      weakView(imageOf([1, 2, 3, 4, 5, 6]), target, grey, scripted(4.5 / 9, 4.5 / 9, ...draws), { ...PUBLISHED, flip });
      return [...target];
    };
    expect(view('vertical', 0.4)).toEqual([4, 5, 6, 1, 2, 3]);
    expect(view('vertical', 0.6)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(view('both', 0.4, 0.6)).toEqual([3, 2, 1, 6, 5, 4]);
    expect(view('both', 0.6, 0.4)).toEqual([4, 5, 6, 1, 2, 3]);
    expect(view('both', 0.4, 0.4)).toEqual([6, 5, 4, 3, 2, 1]);
  });

  it('rotates, then jitters, then erases, each only where it is asked for', () => {
    const square: ImageShape = { height: 3, width: 3, channels: 1 };
    const target = new Uint8Array(9);
    // No shift, no mirror image; turned by 90·(2·1-1) = 90 degrees; brightness alone, in the order drawn first: 1-0.5+1·0.5 = 1;
    // erased: 9 · 0.02 pixels, height over width 1, so 0 rows by 0 columns at the corner: nothing.
    const draws = [4.5 / 9, 4.5 / 9, 0.9, 0.9999999999999999, 0, 0, 0, 0.5, 0, 0, 0.5, 0, 0];
    const augmentation = { ...PUBLISHED, rotation: 90, jitter: { brightness: 0.5, contrast: 0, saturation: 0, hue: 0 }, erasing: 1 };
    weakView(imageOf([1, 2, 3, 4, 5, 6, 7, 8, 9], square), target, square, scripted(...draws), augmentation);
    expect([...target]).toEqual([3, 6, 9, 2, 5, 8, 1, 4, 7]);
  });

  it('takes a resized crop of a larger image: half of the width and height at the top right', () => {
    const large: ImageShape = { height: 4, width: 4, channels: 1 };
    const small: ImageShape = { height: 2, width: 2, channels: 1 };
    const levels = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
    const target = new Uint8Array(4);
    const resizedCrop = { scale: [0.25, 1], aspect: [1, 1] } as const;
    // A quarter of 16 pixels: 2 by 2, at row 0 of 0…2 and column 2 of 0…2; no mirror image.
    weakView(imageOf(levels, large), target, small, scripted(0, 0.3, 0, 0.99, 0.9), { ...PUBLISHED, resizedCrop });
    expect([...target]).toEqual([3, 4, 7, 8]);
    expect(() => weakView(imageOf(levels, large), target, small, createRandom(0))).toThrow(
      /the source of a 2x2x1 image must have 4 bytes, has 16/,
    );
  });

  it('reaches 81 crops, half of them mirrored', () => {
    const shape: ImageShape = { height: 12, width: 12, channels: 1 };
    const source = Uint8Array.from({ length: 144 }, (_, i) => i + 1);
    const target = new Uint8Array(144);
    const seen = new Set<string>();
    const random = createRandom(0);
    for (let i = 0; i < 4000; i++) {
      random.reseed(0, 0, i, 0);
      weakView({ ...shape, data: source }, target, shape, random);
      seen.add(target.join());
    }
    expect(seen.size).toBe(162);
  });

  it.each([
    [28, 4],
    [32, 4],
    [48, 6],
    [64, 8],
    [224, 28],
  ])('pads images of %i pixels by %i', (size, padding) => {
    const shape: ImageShape = { height: size, width: size, channels: 1 };
    const source = Uint8Array.from({ length: size * size }, (_, i) => (i * 7919) % 251);
    const view = new Uint8Array(size * size);
    const expected = new Uint8Array(size * size);
    for (let sample = 0; sample < 20; sample++) {
      weakView({ ...shape, data: source }, view, shape, createRandom(1, 2, sample, 0));
      const random = createRandom(1, 2, sample, 0);
      const [top, left] = [random.integer(2 * padding + 1), random.integer(2 * padding + 1)];
      cropPadded(source, expected, shape, padding, top, left);
      if (random.next() < 0.5) flipLeftRight(expected, shape);
      expect(Buffer.compare(view, expected)).toBe(0);
    }
  });

  it('refuses buffers of another length', () => {
    expect(() => weakView({ ...grey, data: new Uint8Array(5) }, new Uint8Array(6), grey, createRandom(0))).toThrow(
      /the source of a 2x3x1 image must have 6 bytes, has 5/,
    );
    expect(() => strongView({ ...grey, data: new Uint8Array(6) }, new Uint8Array(7), grey, createRandom(0))).toThrow(/the target .* has 7/);
  });
});

describe('strongView', () => {
  const centre = [4.5 / 9, 4.5 / 9, 0.9];
  const choose = (index: number): number => (index + 0.5) / 14;

  it('crops, applies two operations in the order drawn, then Cutout', () => {
    const target = new Uint8Array(6);
    // Brightness at 0.05 + 0.9·0.5 = 0.5, then Solarize at 256·0.25 = 64; no Cutout.
    const random = scripted(...centre, choose(1), 0.5, choose(11), 0.25, 0, 0, 0);
    strongView(imageOf([0, 100, 126, 128, 200, 255]), target, grey, random);
    expect([...target]).toEqual([0, 50, 63, 191, 155, 128]);
  });

  it('draws from the operations that are named, so many, from a share of their ranges', () => {
    const target = new Uint8Array(6);
    const view = (augmentation: Partial<typeof PUBLISHED>, ...draws: number[]): number[] => {
      strongView(imageOf([0, 100, 126, 128, 200, 255]), target, grey, scripted(...centre, ...draws, 0, 0, 0), {
        ...PUBLISHED,
        ...augmentation,
      });
      return [...target];
    };
    expect(view({ operationCount: 0 })).toEqual([0, 100, 126, 128, 200, 255]);
    // Brightness at 0.05 + 0.9·0.5 = 0.5, a tenth of the way from 1: 0.95.
    expect(view({ operations: ['Brightness'], operationCount: 1, operationStrength: 0.1 }, 0.99, 0.5)).toEqual([0, 95, 119, 121, 190, 242]);
    // Solarize at 0, half of the way from 256: 128.
    expect(view({ operations: ['Brightness', 'Solarize'], operationCount: 1, operationStrength: 0.5 }, 0.5, 0)).toEqual([
      0, 100, 126, 127, 55, 0,
    ]);
  });

  it('covers a square last, with the luma of the fill colour on grey', () => {
    const target = new Uint8Array(6);
    // Side 0.5·0.5·3 = 0.75 about (2.4, 0.2): column 2, row 0 alone.
    const random = scripted(...centre, choose(5), 0, choose(5), 0, 0.5, 0.8, 0.1);
    strongView(imageOf([1, 2, 3, 4, 5, 6]), target, grey, random);
    expect([...target]).toEqual([1, 2, 123, 4, 5, 6]);
  });

  it('gives the same view for the same keys, also after another shape came between', () => {
    const shape: ImageShape = { height: 32, width: 32, channels: 3 };
    const source = Uint8Array.from({ length: 3072 }, (_, i) => (i * 37) & 255);
    const first = new Uint8Array(3072);
    const second = new Uint8Array(3072);
    strongView({ ...shape, data: source }, first, shape, createRandom(1, 2, 3, 1));
    strongView({ ...grey, data: new Uint8Array(6) }, new Uint8Array(6), grey, createRandom(9));
    strongView({ ...shape, data: source }, second, shape, createRandom(1, 2, 3, 1));
    expect(second).toEqual(first);
    strongView({ ...shape, data: source }, second, shape, createRandom(1, 2, 4, 1));
    expect(second).not.toEqual(first);
  });
});

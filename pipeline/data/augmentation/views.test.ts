import { describe, expect, it } from 'vitest';
import { cropPadded } from './crop.ts';
import { createRandom, strongView, weakView, type ImageShape, type Random } from './index.ts';

const grey: ImageShape = { height: 2, width: 3, channels: 1 };

/** Answers the draws in order, so that a view can be computed by hand. */
function scripted(...draws: number[]): Random {
  return {
    next: () => {
      if (draws.length === 0) throw new Error('one draw too many');
      return draws.shift() as number;
    },
    integer(n) {
      return Math.floor(this.next() * n);
    },
    reseed: () => {},
  };
}

describe('cropPadded', () => {
  const source = Uint8Array.from([1, 2, 3, 4, 5, 6]);
  const crop = (top: number, left: number, flip: boolean): number[] => {
    const target = new Uint8Array(6).fill(99);
    cropPadded(source, target, grey, 1, top, left, flip);
    return [...target];
  };

  it('takes the image itself at the centre, mirrored where asked', () => {
    expect(crop(1, 1, false)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(crop(1, 1, true)).toEqual([3, 2, 1, 6, 5, 4]);
  });

  it('shows the black border at the corners', () => {
    expect(crop(0, 0, false)).toEqual([0, 0, 0, 0, 1, 2]);
    expect(crop(2, 2, false)).toEqual([5, 6, 0, 0, 0, 0]);
    expect(crop(0, 2, true)).toEqual([0, 0, 0, 0, 3, 2]);
  });

  it('keeps the channels of a pixel together', () => {
    const target = new Uint8Array(6);
    cropPadded(Uint8Array.from([1, 2, 3, 4, 5, 6]), target, { height: 1, width: 2, channels: 3 }, 1, 1, 1, true);
    expect([...target]).toEqual([4, 5, 6, 1, 2, 3]);
  });

  it('is black where the window holds padding only', () => {
    const target = new Uint8Array(6).fill(99);
    cropPadded(source, target, grey, 4, 0, 0, false);
    expect([...target]).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

describe('weakView', () => {
  it('draws top, left and the mirror in this order', () => {
    const target = new Uint8Array(6);
    // integer(9): 5/9 gives row offset 5 (one down), 4/9 gives column offset 4 (none); 0.4 < 0.5 mirrors.
    weakView(Uint8Array.from([1, 2, 3, 4, 5, 6]), target, grey, scripted(5.5 / 9, 4.5 / 9, 0.4));
    expect([...target]).toEqual([6, 5, 4, 0, 0, 0]);
  });

  it('mirrors nothing with flip none, and is else what it was', () => {
    const target = new Uint8Array(6);
    weakView(Uint8Array.from([1, 2, 3, 4, 5, 6]), target, grey, scripted(5.5 / 9, 4.5 / 9, 0.4), 'none');
    expect([...target]).toEqual([4, 5, 6, 0, 0, 0]);
    const [plain, unflipped] = [new Uint8Array(6), new Uint8Array(6)];
    for (const make of [weakView, strongView]) {
      let differing = 0;
      for (let sample = 0; sample < 40; sample++) {
        make(Uint8Array.from([1, 2, 3, 4, 5, 6]), plain, grey, createRandom(1, 2, sample));
        make(Uint8Array.from([1, 2, 3, 4, 5, 6]), unflipped, grey, createRandom(1, 2, sample), 'none');
        differing += Number(Buffer.compare(plain, unflipped) !== 0);
      }
      expect(differing).toBeGreaterThan(0);
      expect(differing).toBeLessThan(30);
    }
  });

  it('reaches 81 crops, half of them mirrored', () => {
    const shape: ImageShape = { height: 12, width: 12, channels: 1 };
    const source = Uint8Array.from({ length: 144 }, (_, i) => i + 1);
    const target = new Uint8Array(144);
    const seen = new Set<string>();
    const random = createRandom(0);
    for (let i = 0; i < 4000; i++) {
      random.reseed(0, 0, i, 0);
      weakView(source, target, shape, random);
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
      weakView(source, view, shape, createRandom(1, 2, sample, 0));
      const random = createRandom(1, 2, sample, 0);
      const [top, left] = [random.integer(2 * padding + 1), random.integer(2 * padding + 1)];
      cropPadded(source, expected, shape, padding, top, left, random.next() < 0.5);
      expect(Buffer.compare(view, expected)).toBe(0);
    }
  });

  it('refuses buffers of another length', () => {
    expect(() => weakView(new Uint8Array(5), new Uint8Array(6), grey, createRandom(0))).toThrow(
      /the source of a 2x3x1 image must have 6 bytes, has 5/,
    );
    expect(() => strongView(new Uint8Array(6), new Uint8Array(7), grey, createRandom(0))).toThrow(/the target .* has 7/);
  });
});

describe('strongView', () => {
  const centre = [4.5 / 9, 4.5 / 9, 0.9];
  const choose = (index: number): number => (index + 0.5) / 14;

  it('crops, applies two operations in the order drawn, then Cutout', () => {
    const target = new Uint8Array(6);
    // Brightness at 0.05 + 0.9·0.5 = 0.5, then Solarize at 256·0.25 = 64; no Cutout.
    const random = scripted(...centre, choose(1), 0.5, choose(11), 0.25, 0, 0, 0);
    strongView(Uint8Array.from([0, 100, 126, 128, 200, 255]), target, grey, random);
    expect([...target]).toEqual([0, 50, 63, 191, 155, 128]);
  });

  it('covers a square last, with the luma of the fill colour on grey', () => {
    const target = new Uint8Array(6);
    // Side 0.5·0.5·3 = 0.75 about (2.4, 0.2): column 2, row 0 alone.
    const random = scripted(...centre, choose(5), 0, choose(5), 0, 0.5, 0.8, 0.1);
    strongView(Uint8Array.from([1, 2, 3, 4, 5, 6]), target, grey, random);
    expect([...target]).toEqual([1, 2, 123, 4, 5, 6]);
  });

  it('gives the same view for the same keys, also after another shape came between', () => {
    const shape: ImageShape = { height: 32, width: 32, channels: 3 };
    const source = Uint8Array.from({ length: 3072 }, (_, i) => (i * 37) & 255);
    const first = new Uint8Array(3072);
    const second = new Uint8Array(3072);
    strongView(source, first, shape, createRandom(1, 2, 3, 1));
    strongView(new Uint8Array(6), new Uint8Array(6), grey, createRandom(9));
    strongView(source, second, shape, createRandom(1, 2, 3, 1));
    expect(second).toEqual(first);
    strongView(source, second, shape, createRandom(1, 2, 4, 1));
    expect(second).not.toEqual(first);
  });
});

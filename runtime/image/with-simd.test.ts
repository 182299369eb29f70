import { describe, expect, it } from 'vitest';
import { decodeBase64, picture, resized } from './fixtures/fixtures.ts';
import { recentTriangleWeights, triangleWeights } from './filter-weights.ts';
import { resize } from './with-simd.ts';
import { resizeLoops } from './simd/loops.ts';
import { randomStates } from '../random-states.ts';

const grey = (...levels: number[]): Uint8Array => Uint8Array.from(levels.flatMap((level) => [level, level, level]));

describe('triangleWeights', () => {
  it('halving takes 1/8, 3/8, 3/8, 1/8, and makes up for the neighbours missing at the edges', () => {
    const { first, taps, weights, stride } = triangleWeights(6, 0, 6, 3);
    const unit = 1 << 22;
    expect([...first]).toEqual([0, 1, 3]);
    expect([...taps]).toEqual([3, 4, 3]);
    expect([...weights.subarray(stride, stride + 4)]).toEqual([unit / 8, (unit * 3) / 8, (unit * 3) / 8, unit / 8]);
    expect([...weights.subarray(0, 3)]).toEqual([Math.round((unit * 3) / 7), Math.round((unit * 3) / 7), Math.round(unit / 7)]);
  });
});

describe('recentTriangleWeights', () => {
  it('keeps the filters that were asked for last, but none of very many weights', () => {
    const filter = recentTriangleWeights(6, 0, 6, 3);
    expect(filter).toEqual(triangleWeights(6, 0, 6, 3));
    for (let size = 100; size < 131; size++) recentTriangleWeights(size, 0, size, 3);
    expect(recentTriangleWeights(6, 0, 6, 3)).toBe(filter);
    for (let size = 100; size < 132; size++) recentTriangleWeights(size, 0, size, 3);
    expect(recentTriangleWeights(6, 0, 6, 3)).not.toBe(filter);
    expect(recentTriangleWeights(9000, 0, 9000, 3)).not.toBe(recentTriangleWeights(9000, 0, 9000, 3));
  });
});

describe('resize', () => {
  it.each(resized.resizes)('equals Pillow: $source to $result, box $box', ({ source, result, box, expected }) => {
    const image = picture(...source);
    const part = box ? { left: box[0], top: box[1], right: box[2], bottom: box[3] } : undefined;
    const made = resize(image, ...result, part);
    expect([made.width, made.height]).toEqual(result);
    expect(made.data).toEqual(decodeBase64(expected));
    expect(resize(image, ...result, part, { simd: false }).data).toEqual(decodeBase64(expected));
    expect(image).toEqual(picture(...source));
  });

  it('halves a row by hand: (0·1 + 80·3 + 160·3 + 240·1) / 8 = 120 in the middle', () => {
    const image = { width: 6, height: 1, data: grey(0, 0, 80, 160, 240, 240) };
    // Edges: (0·3 + 0·3 + 80·1) / 7 = 11.4 and (160·1 + 240·3 + 240·3) / 7 = 228.6.
    expect(resize(image, 3, 1).data).toEqual(grey(11, 120, 229));
  });

  it('keeps black black and white white, whatever the sizes', () => {
    for (const [width, height] of [
      [3, 7],
      [100, 9],
      [41, 31],
      [1, 1],
    ]) {
      const white = { width: 40, height: 30, data: new Uint8Array(3600).fill(255) };
      expect(resize(white, width, height).data.every((level) => level === 255)).toBe(true);
      const black = { width: 40, height: 30, data: new Uint8Array(3600) };
      expect(resize(black, width, height).data.every((level) => level === 0)).toBe(true);
    }
  });

  it('gives the image itself where there is nothing to do', () => {
    const image = picture(5, 4);
    expect(resize(image, 5, 4)).toBe(image);
  });

  it('crops without resampling where the box has the size of the result', () => {
    const image = { width: 4, height: 1, data: grey(1, 2, 3, 4) };
    expect(resize(image, 2, 1, { left: 1, top: 0, right: 3, bottom: 1 }).data).toEqual(grey(2, 3));
  });

  it('refuses sizes, data and boxes that do not fit', () => {
    expect(() => resize({ width: 2, height: 2, data: new Uint8Array(11) }, 1, 1)).toThrow(
      'an RGB image of 2 x 2 pixels has 12 bytes; came 11',
    );
    expect(() => resize({ width: 0, height: 2, data: new Uint8Array(0) }, 1, 1)).toThrow(/came 0 x 2/);
    expect(() => resize(picture(2, 2), 1.5, 1)).toThrow(/came 1\.5 x 1/);
    expect(() => resize(picture(2, 2), 1, 1, { left: 0, top: 0, right: 3, bottom: 2 })).toThrow(
      /the box \(0, 0\)…\(3, 2\) is not within the image of 2 x 2/,
    );
    expect(() => resize(picture(2, 2), 1, 1, { left: 1, top: 0, right: 1, bottom: 2 })).toThrow(RangeError);
  });
});

describe('resize with SIMD', () => {
  const next = randomStates();
  const draw = (below: number): number => next() % below;

  it('is there in Node', () => expect(resizeLoops()).not.toBeNull());

  /** Sizes on both sides of every border: weights narrow and wide, groups full and not, memory enough and not. */
  it.each([
    { what: 'small pictures', source: 60, result: 40, rounds: 200 },
    { what: 'enlarging', source: 12, result: 200, rounds: 40 },
    { what: 'shrinking to a few pixels', source: 1500, result: 4, rounds: 24 },
    { what: 'wide pictures', source: 7000, result: 300, rounds: 8 },
  ])("gives the plain loops' integers: $what", ({ source, result, rounds }) => {
    for (let round = 0; round < rounds; round++) {
      const width = 1 + draw(source);
      const height = 1 + draw(Math.min(source, 90));
      const extreme = round % 2 === 0;
      const image = { width, height, data: Uint8Array.from({ length: width * height * 3 }, () => (extreme ? 255 * draw(2) : draw(256))) };
      const size = [1 + draw(result), 1 + draw(result)] as const;
      const [left, top] = round % 3 === 0 ? [0, 0] : [(width * draw(40)) / 100, (height * draw(40)) / 100];
      const box = { left, top, right: width - left / 2, bottom: height - top / 2 };
      const plain = resize(image, ...size, box, { simd: false });
      const fast = resize(image, ...size, box);
      expect(Buffer.compare(fast.data, plain.data), `${width} x ${height} to ${size.join(' x ')}, box ${JSON.stringify(box)}`).toBe(0);
    }
  });

  it("gives the plain loops' integers where a row does not fit into its memory", () => {
    const image = picture(360_000, 2);
    expect(Buffer.compare(resize(image, 7, 2).data, resize(image, 7, 2, undefined, { simd: false }).data)).toBe(0);
    const narrow = picture(3, 9);
    expect(Buffer.compare(resize(narrow, 30_000, 2).data, resize(narrow, 30_000, 2, undefined, { simd: false }).data)).toBe(0);
  });
});

import { describe, expect, it } from 'vitest';
import { triangleWeights, type FilterWeights } from '../filter-weights.ts';
import { resize } from '../with-simd.ts';
import { spansOf, type Spans } from './spans.ts';
import { randomStates } from '../../random-states.ts';

/** `[result, pixel]` to weight, without those that are 0. */
type Table = Record<string, number>;

function asGiven({ first, taps, weights, stride }: FilterWeights): Table {
  const table: Table = {};
  first.forEach((from, result) => {
    for (let tap = 0; tap < taps[result]; tap++)
      if (weights[result * stride + tap] !== 0) table[`${result},${from + tap}`] = weights[result * stride + tap];
  });
  return table;
}

/** The weights put together again, as the loop uses them. */
function asSpans({ first, pairs, weights, factor, remainders, remainderPairs }: Spans): Table {
  const table: Table = {};
  const add = (result: number, pixel: number, weight: number): void => {
    const key = `${result},${pixel}`;
    if (weight !== 0) table[key] = (table[key] ?? 0) + weight;
  };
  let at = 0;
  first.forEach((from, span) => {
    for (let pair = 0; pair < pairs[span]; pair++, at += 4) {
      for (const half of [0, 1]) {
        add(span - 1, from + 2 * pair + half, factor * weights[at + half]);
        add(span, from + 2 * pair + half, factor * weights[at + 2 + half]);
      }
    }
    if (span > 0)
      for (let i = 0; i < 2 * remainderPairs; i++) add(span - 1, first[span - 1] + i, remainders[2 * span * remainderPairs + i]);
  });
  return table;
}

describe('spansOf', () => {
  it('rearranges by hand: halving six pixels', () => {
    // 2^22 · 3/7 = 1797559 = 64 · 28087 - 9; 2^22 / 7 = 599186 = 64 · 9362 + 18; 2^22 / 8 = 64 · 8192; 2^22 · 3/8 = 64 · 24576.
    const spans = spansOf(triangleWeights(6, 0, 6, 3));
    expect(spans).toEqual({
      first: Int32Array.of(0, 1, 3, 5),
      pairs: Int32Array.of(1, 1, 1, 1),
      weights: Int16Array.of(0, 0, 28087, 0, 28087, 9362, 8192, 24576, 24576, 8192, 9362, 28087, 28087, 0, 0, 0),
      factor: 64,
      remainders: Int16Array.of(0, 0, 0, 0, -9, -9, 18, 0, 0, 0, 0, 0, 18, -9, -9, 0),
      remainderPairs: 2,
      lowest: -18 * 255,
      highest: 18 * 255,
    });
  });

  it('keeps every weight, whatever is shrunk to what', () => {
    const sizes = [
      [1, 0, 1, 1],
      [2, 0, 2, 1],
      [7, 0, 7, 7],
      [7, 0.5, 6.5, 6],
      [1000, 0, 1000, 999],
      [4000, 0, 4000, 224],
      [4000, 0, 4000, 32],
      [4000, 500, 3500, 224],
      [5000, 3.25, 4999.5, 1],
      [30_000, 0, 30_000, 3],
    ] as const;
    for (const [source, start, end, result] of sizes) {
      const filter = triangleWeights(source, start, end, result);
      const spans = spansOf(filter);
      expect(spans, `${source} to ${result}`).not.toBeNull();
      expect(asSpans(spans!), `${source} to ${result}`).toEqual(asGiven(filter));
    }
  });

  it('needs no remainders where the weights have 15 bits', () => {
    expect(spansOf(triangleWeights(4000, 0, 4000, 20))).toMatchObject({ factor: 1, lowest: 0, highest: 0 });
  });

  it('leaves enlarging alone, and a result without weights', () => {
    expect(spansOf(triangleWeights(10, 0, 10, 30))).toBeNull();
    expect(spansOf({ first: Int32Array.of(0), taps: Int32Array.of(2), weights: Int32Array.of(0, 0), stride: 2 })).toBeNull();
  });
});

describe('what the remainders decide', () => {
  const next = randomStates();
  const draw = (below: number): number => next() % below;
  const same = (width: number, result: number, height: number, level: (x: number, y: number) => number): void => {
    const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => level(Math.floor(i / 3) % width, Math.floor(i / 3 / width)));
    const fast = resize({ width, height, data }, result, height).data;
    expect(
      Buffer.compare(fast, resize({ width, height, data }, result, height, undefined, { simd: false }).data),
      `${width} to ${result}`,
    ).toBe(0);
  };

  it('comes out where each of them counts in full, in one direction or the other', () => {
    for (const [width, result] of [
      [900, 50],
      [893, 50],
      [896, 7],
    ]) {
      const { remainders, remainderPairs, first } = spansOf(triangleWeights(width, 0, width, result))!;
      const negative = new Array<boolean>(width).fill(false);
      // Every other result: a pixel counts for one of them.
      for (let i = 0; i < result; i += 2)
        for (let place = 0; place < 2 * remainderPairs; place++)
          negative[first[i] + place] ||= remainders[2 * (i + 1) * remainderPairs + place] < 0;
      same(width, result, 400, (x, y) => (draw(16) === 0 ? draw(256) : (y % 2 === 0) === negative[x] ? 255 : 0));
    }
  });

  it('comes out on the border between two levels, everywhere', () => {
    for (const [width, result] of [
      [900, 50],
      [800, 50],
      [4000, 32],
      [640, 224],
    ])
      same(width, result, 9, (x, y) => ((x + y) % 2 === 0 ? 17 * y : 17 * y + 1));
  });
});

import { describe, expect, it } from 'vitest';
import { clamp, requantize } from './arithmetic.ts';

/** ⌊(a·m + 2^(s-1)) / 2^s⌋ of integers without a size: BigInt's >> rounds down. */
const exact = (a: number, m: number, s: number): number => Number((BigInt(a) * BigInt(m) + (1n << BigInt(s - 1))) >> BigInt(s));

describe('requantize', () => {
  it.each([
    // 10 · 3 / 4 = 7.5 and -7.5: halves go upwards.
    [10, 3, 2, 8],
    [-10, 3, 2, -7],
    [9, 3, 2, 7],
    [-9, 3, 2, -7],
    // 2^17 · 2^14 / 2^24 = 128; half a step less is 127.5, and one accumulator less is below it.
    [131_072, 16_384, 24, 128],
    [130_560, 16_384, 24, 128],
    [130_559, 16_384, 24, 127],
    [-130_560, 16_384, 24, -127],
    [-130_561, 16_384, 24, -128],
    [0, 32_767, 46, 0],
    // The largest accumulators: 2^31 · (2^15 - 1) / 2^17 is about 2^29.
    [2_147_483_647, 32_767, 17, 536_854_528],
    [-2_147_483_648, 32_767, 17, -536_854_528],
  ])('R(%i, %i, %i) = %i', (accumulator, multiplier, shift, expected) => {
    expect(requantize(accumulator, multiplier, shift)).toBe(expected);
  });

  it('is the exact quotient at every shift, on both sides of every carry', () => {
    const edges = [0, 1, 2, 0x7fff, 0x8000, 0xffff, 0x10000, 0x10001, 0x1ffff, 0x123456, 0x7fffff, 0x800000, 0x7ffffffe, 0x7fffffff];
    const accumulators = [...edges, ...edges.map((edge) => -edge - 1)];
    let compared = 0;
    for (let shift = 1; shift <= 46; shift++) {
      for (const multiplier of [0, 1, 2, 3, 127, 16_383, 16_384, 16_385, 32_766, 32_767]) {
        for (const accumulator of accumulators) {
          if (shift < 17 && Math.abs(accumulator) * multiplier >= 2 ** 30) continue;
          if (requantize(accumulator, multiplier, shift) !== exact(accumulator, multiplier, shift))
            expect([accumulator, multiplier, shift, requantize(accumulator, multiplier, shift)]).toEqual(
              exact(accumulator, multiplier, shift),
            );
          compared++;
        }
      }
    }
    expect(compared).toBeGreaterThan(10_000);
  });

  it('stays in 32 bits on the way: no sum of its parts leaves them', () => {
    // high · m + ⌊low · m / 2^16⌋ + 2^(shift-17), each at its largest.
    expect(0x7fff * 32_767 + 32_766 + 2 ** (46 - 17)).toBeLessThan(2 ** 31);
    expect(-0x8000 * 32_767).toBeGreaterThan(-(2 ** 31));
    expect(0xffff * 32_767).toBeLessThan(2 ** 31);
  });
});

describe('clamp', () => {
  it.each([
    [-1, 0, 127, 0],
    [0, 0, 127, 0],
    [128, 0, 127, 127],
    [5, 9, 20, 9],
  ])('%i within %i to %i is %i', (value, low, high, expected) => {
    expect(clamp(value, low, high)).toBe(expected);
  });
});

import { describe, expect, it } from 'vitest';
import { float16Bits, float16Value } from './float16.ts';

const all = Array.from({ length: 0x10000 }, (_, bits) => bits);

describe('float16', () => {
  it.each([
    [0x0000, 0],
    [0x3c00, 1],
    [0xc000, -2],
    [0x3555, 0.333251953125],
    [0x7bff, 65504],
    [0x0400, 2 ** -14],
    [0x03ff, 1023 * 2 ** -24],
    [0x0001, 2 ** -24],
    [0x7c00, Infinity],
    [0xfc00, -Infinity],
  ])('%i is %f, both ways', (bits, value) => {
    expect(float16Value(bits)).toBe(value);
    expect(float16Bits(value)).toBe(bits);
  });

  it('gives every pattern of a number back', () => {
    const differing = all.filter((bits) => !Number.isNaN(float16Value(bits)) && float16Bits(float16Value(bits)) !== bits);
    expect(differing).toEqual([]);
    expect(float16Value(float16Bits(NaN))).toBeNaN();
  });

  it.each([
    ['a third', 1 / 3, 0x3555],
    ['halfway between 1 and the next: to even, down', 1 + 2 ** -11, 0x3c00],
    ['halfway above an odd one: to even, up', 1 + 3 * 2 ** -11, 0x3c02],
    ['just above halfway', 1 + 2 ** -11 + 2 ** -23, 0x3c01],
    ['a mantissa that carries into the exponent', 2 - 2 ** -12, 0x4000],
    ['below 65520', 65519, 0x7bff],
    ['65520', 65520, 0x7c00],
    ['the largest subnormal number and a half', 1023.5 * 2 ** -24, 0x0400],
    ['half of the smallest: to even, 0', 2 ** -25, 0x0000],
    ['one and a half of the smallest: to even, 2', 1.5 * 2 ** -24, 0x0002],
    ['negative', -1 / 3, 0xb555],
    ['negative zero', -0, 0x8000],
  ])('rounds to the nearest: %s', (_what, value, bits) => {
    expect(float16Bits(value)).toBe(bits);
  });
});

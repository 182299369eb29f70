import { describe, expect, it } from 'vitest';
import { choleskyFactor, solve } from './factorise.ts';
import { roundRows } from './round-rows.ts';
import { LEARNED_GRIDS } from './weight-grid.ts';

const of = (...values: number[]): Float64Array => Float64Array.of(...values);

describe('choleskyFactor and solve', () => {
  it('factor a matrix and solve its system', () => {
    // RᵀR = [4 2; 2 5] with R = [2 1; 0 2].
    const factor = choleskyFactor(of(4, 2, 2, 5), 2);
    expect([...factor]).toEqual([2, 1, 0, 2]);
    // 4·1 + 2·2 and 2·1 + 5·2.
    const vector = of(8, 12);
    solve(factor, vector);
    expect(vector[0]).toBeCloseTo(1, 12);
    expect(vector[1]).toBeCloseTo(2, 12);
  });
});

describe('roundRows', () => {
  const ALIKE = of(1, 1, 1, 1);

  it('lets errors of inputs that are alike cancel', () => {
    // A scale of 1 is forced. Each weight by itself would become 0, and the output 0 instead of 0.8.
    const { weights, scales } = roundRows(of(0.4, 0.4), [{ size: 2, covariance: ALIKE }], of(1));
    expect(weights[0] + weights[1]).toBe(1);
    expect([...scales]).toEqual([1]);
  });

  it('takes the next level where inputs have nothing to do with each other, or never move', () => {
    for (const covariance of [of(1, 0, 0, 1), of(0, 0, 0, 0)])
      expect([...roundRows(of(0.4, 2.7), [{ size: 2, covariance }], of(1)).weights]).toEqual([0, 3]);
  });

  it('makes up for inputs that are smaller in integers', () => {
    // y = x / 2 with a variance of 0.25: the weight is to be 10 · (1 + 0.25 / (0.25 + 0.0025)) = 19.9.
    expect([...roundRows(of(10), [{ size: 1, covariance: of(0.25), drift: of(0.25) }], of(1)).weights]).toEqual([20]);
  });

  it('tries scales: a slightly larger one may suit both weights', () => {
    // Half of 127 levels is none; of 126 it is one.
    const { weights, scales } = roundRows(of(1, 0.5), [{ size: 2, covariance: of(1, 0, 0, 1) }], of(0));
    const plain = Math.abs(64 / 127 - 0.5);
    expect(Math.abs(weights[1] - 0.5)).toBeLessThan(plain);
    expect(scales[0]).toBeGreaterThanOrEqual(1 / 127);
    expect(scales[0]).toBeLessThan(1.3 / 127);
  });

  it('has one scale for an output of several blocks, whose inputs count as independent', () => {
    // 40 inputs that are all alike, in two blocks of 20: each block's errors cancel by themselves. 127 is the largest weight and level.
    const weights = Float64Array.from({ length: 40 }, (_, i) => (i === 0 ? 127 : 0.25));
    const alike = { size: 20, covariance: new Float64Array(400).fill(1) };
    const { weights: levels, scales } = roundRows(weights, [alike, alike], of(0));
    expect([...scales]).toEqual([1]);
    const sum = (from: number): number => levels.subarray(from, from + 20).reduce((total, level) => total + level, 0);
    expect(Math.abs(sum(0) - (127 + 19 / 4))).toBeLessThan(1);
    expect(sum(20)).toBe(5);
  });

  it('keeps outputs apart, and levels within 127', () => {
    const { weights, scales } = roundRows(of(1, -1, 0, 0), [{ size: 2, covariance: ALIKE }], of(0, 0));
    for (const i of [0, 1]) expect(Math.abs(Math.round(weights[i] / scales[0]))).toBeLessThanOrEqual(127);
    expect([...weights.subarray(2)]).toEqual([0, 0]);
  });
});

describe('roundRows in 4 bits', () => {
  const { int4, int4g32 } = LEARNED_GRIDS as Required<typeof LEARNED_GRIDS>;
  const identity = (size: number): Float64Array => Float64Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0));
  const levelsOf = (weights: Float64Array, scale: number): number[] => Array.from(weights, (weight) => weight / scale);

  it('finds a scale that all weights are levels of, and one that a package can store', () => {
    const { weights, scales } = roundRows(of(7, -3, 1, 0), [{ size: 4, covariance: identity(4) }], of(0), int4);
    expect([...scales]).toEqual([1]);
    expect([...weights]).toEqual([7, -3, 1, 0]);
    // 0.1 is none; the next float16 below is 1638 / 2^14.
    expect(roundRows(of(0.7), [{ size: 1, covariance: of(1) }], of(0), { ...int4, tried: { from: 1, to: 2, steps: 1 } }).scales[0]).toBe(
      1638 / 2 ** 14,
    );
  });

  it('cuts off a large weight whose input hardly moves', () => {
    // The first input has a thousandth of the variance of the others, whose weights are halves.
    const covariance = identity(3);
    covariance[0] = 0.001;
    const { weights, scales } = roundRows(of(7, 0.5, 0.5), [{ size: 3, covariance }], of(0), int4);
    expect(scales[0]).toBeLessThan(0.65);
    expect(Math.round(weights[0] / scales[0])).toBe(7);
  });

  it('has a scale for every 32 weights of an output', () => {
    const target = Float64Array.from({ length: 40 }, (_, i) => (i < 32 ? (i % 15) - 7 : 0.25 * ((i % 8) - 1)));
    target[33] = 7 * 0.25;
    const { weights, scales } = roundRows(target, [{ size: 40, covariance: identity(40) }], of(0), int4g32);
    expect([...scales]).toEqual([1, 0.25]);
    expect(levelsOf(weights, 1)).toEqual([...target]);
  });

  it('changes levels of many weights until no single change gains, so that errors of inputs that are alike cancel', () => {
    const size = 40;
    const target = Float64Array.from({ length: size }, (_, i) => (i === 0 ? 7 : 0.4));
    const grid = { ...int4, tried: { from: 1, to: 2, steps: 1 } };
    const { weights } = roundRows(target, [{ size, covariance: new Float64Array(size * size).fill(1) }], of(0), grid);
    // Each weight by itself would become 0, and the sum 7 instead of 22.6.
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBe(23);
    for (const level of weights) expect(Math.abs(level)).toBeLessThanOrEqual(7);
  });
});

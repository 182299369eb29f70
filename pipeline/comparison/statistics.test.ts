import { describe, expect, it } from 'vitest';
import { errorOf } from '../testing/error-of.ts';
import { spreadOf, tInterval, tQuantile } from './statistics.ts';

describe('spreadOf', () => {
  it('divides squares by n - 1', () => {
    // Squares around 4: 4, 0, 4; by 2: 4.
    expect(spreadOf([2, 4, 6])).toEqual({ n: 3, mean: 4, sd: 2 });
  });

  it('claims no spread for one value, and refuses none', async () => {
    expect(spreadOf([0.7])).toEqual({ n: 1, mean: 0.7 });
    expect((await errorOf(() => spreadOf([]))).message).toMatch(/no values/);
  });
});

describe("Student's t", () => {
  // Tables of the two-sided 95 % and 99 % points.
  it.each([
    [0.95, 1, 12.7062],
    [0.95, 2, 4.3027],
    [0.95, 3, 3.1824],
    [0.95, 4, 2.7764],
    [0.95, 5, 2.5706],
    [0.95, 9, 2.2622],
    [0.95, 10, 2.2281],
    [0.95, 30, 2.0423],
    [0.99, 2, 9.9248],
    [0.99, 3, 5.8409],
    [0.99, 8, 3.3554],
  ])('%d within t of %d degrees of freedom: %d', (confidence, degrees, t) => {
    expect(tQuantile(confidence, degrees)).toBeCloseTo(t, 4);
  });

  it('gives the interval of a mean: 1, 2, 3 is 2 ± 4.3027 / √3', () => {
    const [low, high] = tInterval([1, 2, 3])!;
    expect(low).toBeCloseTo(2 - 4.30265 / Math.sqrt(3), 4);
    expect(high).toBeCloseTo(2 + 4.30265 / Math.sqrt(3), 4);
  });

  it('gives none for fewer than three values, or for equal ones', () => {
    expect(tInterval([1, 2])).toBeUndefined();
    expect(tInterval([0.5, 0.5, 0.5])).toBeUndefined();
    expect(tInterval([1])).toBeUndefined();
  });
});

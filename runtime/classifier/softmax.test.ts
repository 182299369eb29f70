import { describe, expect, it } from 'vitest';
import { softmax } from './softmax.ts';
import { topK } from './top-k.ts';

describe('softmax', () => {
  it('of ln 1, ln 2, ln 5 is 1/8, 2/8, 5/8', () => {
    const probabilities = softmax([Math.log(1), Math.log(2), Math.log(5)]);
    [0.125, 0.25, 0.625].forEach((expected, i) => expect(probabilities[i]).toBeCloseTo(expected, 14));
  });

  it('divides by the temperature: at 2, ln 4 and ln 1 give 2/3 and 1/3', () => {
    const probabilities = softmax([Math.log(4), 0], 2);
    expect(probabilities[0]).toBeCloseTo(2 / 3, 14);
    expect(probabilities[1]).toBeCloseTo(1 / 3, 14);
  });

  it('does not overflow', () => {
    expect([...softmax([1e4, 1e4])]).toEqual([0.5, 0.5]);
    expect([...softmax([-1e4, 1e4])]).toEqual([0, 1]);
  });
});

describe('topK', () => {
  it('orders by value, then by index', () => {
    expect(topK([0.1, 0.4, 0.1, 0.4], 3)).toEqual([1, 3, 0]);
  });

  it('gives all when asked for more than there are', () => {
    expect(topK([1, 2], 5)).toEqual([1, 0]);
  });
});

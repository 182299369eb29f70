import { describe, expect, it } from 'vitest';
import { portableExp } from './portable-exp.ts';
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

describe('portableExp', () => {
  it('is e^x within two units of the last place', () => {
    expect(portableExp(0)).toBe(1);
    for (let i = 0; i < 20_000; i++) {
      const x = -i * 0.035_303_1;
      const expected = Math.exp(x);
      if (expected > 1e-300) expect(Math.abs(portableExp(x) - expected) / expected, `e^${x}`).toBeLessThanOrEqual(2 * 2 ** -52);
    }
  });

  it('is these bits, on every machine', () => {
    // The same operations in Python's doubles.
    const bits = (x: number): string => new BigUint64Array(Float64Array.of(portableExp(x)).buffer)[0].toString(16);
    expect([-1 / 3, -20.5, -1].map(bits)).toEqual(['3fe6edd3122f2ea5', '3e157a3afeed00ac', '3fd78b56362cef38']);
  });

  it('becomes 0 at last, and a NaN stays one', () => {
    expect(portableExp(-744)).toBeGreaterThan(0);
    expect(portableExp(-746)).toBe(0);
    expect(portableExp(-1e9)).toBe(0);
    expect(portableExp(-Infinity)).toBe(0);
    expect(portableExp(NaN)).toBeNaN();
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

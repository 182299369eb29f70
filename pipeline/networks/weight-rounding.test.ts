import { describe, expect, it } from 'vitest';
import { integerWeights } from './operations/integer-def.ts';
import { wasmEngine } from '../testing/engines.ts';
import { relativeDifference, uniform } from '../testing/numbers.ts';
import { roundedWeights, roundWeights } from './weight-rounding.ts';

describe('rounded weights', () => {
  it('are whole multiples of a step for each output, the largest weight a whole number of levels', () => {
    // Steps 0.7 / 7 = 0.1 and 1.4 / 7 = 0.2; a channel of zeros has none.
    const rounded = roundedWeights(Float32Array.of(0.7, -0.12, 0.34, 0.45, -1.4, 0.29, 0, 0, 0), 3, 7);
    [0.7, -0.1, 0.3, 0.4, -1.4, 0.2, 0, 0, 0].forEach((expected, i) => expect(rounded[i]).toBeCloseTo(expected, 6));
  });

  it('stay what they are when they are rounded again, to the bit', () => {
    const once = roundedWeights(uniform(400, 1), 10, 7);
    expect(roundedWeights(once, 10, 7)).toEqual(once);
  });

  it.each([7, 127])('on an engine are those of the host, and the gradient passes as if there were no rounding: %i levels', async (levels) => {
    const { tf } = await wasmEngine();
    const weights = uniform(4 * 6, 2);
    const [rounded, gradient] = tf.tidy(() => {
      // [inputs, outputs] on the engine, [outputs, inputs] on the host.
      const onEngine = tf.transpose(tf.tensor2d(weights, [4, 6]));
      const slopes = tf.range(0, 24).reshape([6, 4]);
      return [tf.transpose(roundWeights(tf, onEngine, 1, levels)).dataSync().slice(), tf.grad((w) => tf.sum(tf.mul(roundWeights(tf, w, 1, levels), slopes)).asScalar())(onEngine).dataSync().slice()];
    });
    expect(relativeDifference(rounded, roundedWeights(weights, 4, levels))).toBeLessThan(1e-6);
    expect([...gradient]).toEqual(Array.from({ length: 24 }, (_, i) => i));
  });

  it('of 8 bits are the integer variant’s', () => {
    const weights = uniform(5 * 9, 3);
    const scale = { scale: 0.02, zeroPoint: 3 };
    const bias = Float32Array.of(0.1, 0, -0.2, 0.3, 0);
    const own = integerWeights(weights, bias, scale, 0.05);
    expect(integerWeights(roundedWeights(weights, 5, 127), bias, scale, 0.05)).toEqual(own);
  });
});

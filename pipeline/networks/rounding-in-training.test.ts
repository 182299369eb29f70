import { describe, expect, it } from 'vitest';
import { integerWeights } from './operations/integer-def.ts';
import { wasmEngine } from '../testing/engines.ts';
import { uniform } from '../testing/numbers.ts';
import { relativeDifference } from '../support/difference.ts';
import { INT4_CHANNELS, INT8_CHANNELS, roundedWeights, type Rounding } from './rounding.ts';
import { roundOnEngine } from './rounding-in-training.ts';

const rows = (data: Float32Array, outputs: number, rounding: Rounding): Float32Array =>
  roundedWeights({ data, shape: [outputs, data.length / outputs], outputAxis: 0 }, rounding);

describe('rounded weights', () => {
  it('are whole multiples of a step for each output, the largest weight a whole number of levels', () => {
    // Steps 0.7 / 7 = 0.1 and 1.4 / 7 = 0.2; a channel of zeros has none.
    const rounded = rows(Float32Array.of(0.7, -0.12, 0.34, 0.45, -1.4, 0.29, 0, 0, 0), 3, INT4_CHANNELS);
    [0.7, -0.1, 0.3, 0.4, -1.4, 0.2, 0, 0, 0].forEach((expected, i) => expect(rounded[i]).toBeCloseTo(expected, 6));
  });

  it('stay what they are when they are rounded again, to the bit', () => {
    const once = rows(uniform(400, 1), 10, INT4_CHANNELS);
    expect(rows(once, 10, INT4_CHANNELS)).toEqual(once);
  });

  it.each([INT4_CHANNELS, INT8_CHANNELS])(
    'on an engine are those of the host, and the gradient passes as if there were no rounding: $levels.largest levels',
    async (rounding) => {
      const { tf } = await wasmEngine();
      const weights = uniform(4 * 6, 2);
      const [rounded, gradient] = tf.tidy(() => {
        // [inputs, outputs] on the engine, [outputs, inputs] on the host.
        const onEngine = tf.transpose(tf.tensor2d(weights, [4, 6]));
        const slopes = tf.range(0, 24).reshape([6, 4]);
        return [
          tf
            .transpose(roundOnEngine(tf, onEngine, 1, rounding))
            .dataSync()
            .slice(),
          tf
            .grad((w) => tf.sum(tf.mul(roundOnEngine(tf, w, 1, rounding), slopes)).asScalar())(onEngine)
            .dataSync()
            .slice(),
        ];
      });
      expect(relativeDifference(rounded, rows(weights, 4, rounding))).toBeLessThan(1e-6);
      expect([...gradient]).toEqual(Array.from({ length: 24 }, (_, i) => i));
    },
  );

  it('of 8 bits are the integer variant’s', () => {
    const weights = uniform(5 * 9, 3);
    const scale = { scale: 0.02, zeroPoint: 3 };
    const bias = Float32Array.of(0.1, 0, -0.2, 0.3, 0);
    const own = integerWeights(weights, bias, scale, 0.05);
    expect(integerWeights(rows(weights, 5, INT8_CHANNELS), bias, scale, 0.05)).toEqual(own);
  });
});

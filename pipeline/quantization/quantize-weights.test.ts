import { beforeAll, describe, expect, it } from 'vitest';
import type { Tfjs } from '../engines/engine.ts';
import { wasmEngine } from '../testing/engines.ts';
import { uniform } from '../testing/numbers.ts';
import { dequantize, quantizeWeights } from './quantize-weights.ts';

const squaredError = (weights: Float32Array, read: Float32Array): number => weights.reduce((sum, weight, i) => sum + (weight - read[i]) ** 2, 0);

/** Rounding over the weights' own range: what the quantizer must not be worse than. */
function plainRounding(weights: Float32Array): Float32Array {
  const [low, high] = [Math.min(...weights), Math.max(...weights)];
  return weights.map((weight) => Math.round(((weight - low) / (high - low)) * 255) * ((high - low) / 255) + low);
}

/** Sums of uniform numbers: like trained weights, many small ones and a few large. */
function bellShaped(count: number, seed: number): Float32Array {
  const parts = Array.from({ length: 8 }, (_, i) => uniform(count, seed * 10 + i));
  return Float32Array.from({ length: count }, (_, i) => parts.reduce((sum, part) => sum + part[i], 0) / 8);
}

describe('quantizeWeights', () => {
  it('maps the range to 0…255 and rounds to the nearest level', () => {
    const { bytes, scale, min, relativeError } = quantizeWeights(Float32Array.of(-1, 1, 0.5));
    expect([min, scale]).toEqual([-1, 2 / 255]);
    // (0.5 + 1) · 255 / 2 = 191.25.
    expect([...bytes]).toEqual([0, 255, 191]);
    const error = 0.5 - (191 * (2 / 255) - 1);
    expect(relativeError).toBeCloseTo(error / Math.sqrt(1 + 1 + 0.25), 6);
  });

  it('is exact for weights that are levels', () => {
    const weights = Float32Array.from({ length: 256 }, (_, q) => q - 100);
    const quantized = quantizeWeights(weights);
    expect(quantized).toMatchObject({ scale: 1, min: -100, relativeError: 0 });
    expect(dequantize(quantized)).toEqual(weights);
  });

  it.each([[0], [0.3], [-7], [1e-30]])('reads back a tensor that is %f throughout exactly', (value) => {
    const weights = new Float32Array(5).fill(value);
    const quantized = quantizeWeights(weights);
    expect(dequantize(quantized)).toEqual(weights);
    expect(quantized.relativeError).toBe(0);
    expect(quantized.scale).toBeGreaterThan(0);
  });

  it('takes a single weight', () => {
    expect([...dequantize(quantizeWeights(Float32Array.of(0.25)))]).toEqual([0.25]);
  });

  it.each([
    ['uniform', uniform(1000, 1)],
    ['bell-shaped', bellShaped(5000, 2)],
    ['bell-shaped, small', bellShaped(5000, 3).map((weight) => weight * 1e-3)],
    ['positive', uniform(1000, 4, 5, 6)],
    ['negative', uniform(1000, 5, -6, -5)],
    ['with an outlier', Float32Array.of(...uniform(999, 6, -0.1, 0.1), 3)],
    ['two values', Float32Array.of(-0.7, 0.1)],
  ])('is never worse than plain rounding over the whole range: %s', (_what, weights) => {
    const quantized = quantizeWeights(weights);
    const read = dequantize(quantized);
    // Float32 rounding of the read values is the same for both.
    expect(squaredError(weights, read)).toBeLessThanOrEqual(squaredError(weights, plainRounding(weights)) * (1 + 1e-6));
    expect(quantized.relativeError).toBeCloseTo(Math.sqrt(squaredError(weights, read) / squaredError(weights, new Float32Array(weights.length))), 6);
  });

  it('clips the few largest where that makes the rest finer', () => {
    const weights = bellShaped(50_000, 7);
    const quantized = quantizeWeights(weights);
    expect(quantized.scale * 255).toBeLessThan(Math.max(...weights) - Math.min(...weights));
    expect(squaredError(weights, dequantize(quantized))).toBeLessThan(0.98 * squaredError(weights, plainRounding(weights)));
  });

  describe('read by stock tfjs', () => {
    let tf: Tfjs;
    beforeAll(async () => {
      ({ tf } = await wasmEngine());
    });

    it.each([1, 2, 3])('decodes to what dequantize says, bit for bit (%i)', (seed) => {
      const { bytes, scale, min } = quantizeWeights(bellShaped(600, seed));
      const decoded = tf.io.decodeWeights(bytes.slice().buffer, [{ name: 'w', shape: [20, 30], dtype: 'float32', quantization: { dtype: 'uint8', scale, min } }]);
      expect(decoded.w.dataSync()).toEqual(dequantize({ bytes, scale, min }));
      decoded.w.dispose();
    });
  });
});

import { beforeAll, describe, expect, it } from 'vitest';
import type { Tfjs } from '../engines/engine.ts';
import { wasmEngine } from '../testing/engines.ts';
import { uniform } from '../testing/numbers.ts';
import { findScales, roundedWeights, roundToLevels, type Rounding, type Weights } from './rounding.ts';

const UINT8: Rounding = { granularity: 'tensor', levels: { kind: 'affine', largest: 255 }, rule: 'least-error', scales: 'float64' };

const tensor = (data: Float32Array): Weights => ({ data, shape: [data.length], outputAxis: 0 });
const squaredError = (weights: Float32Array, read: Float32Array): number =>
  weights.reduce((sum, weight, i) => sum + (weight - read[i]) ** 2, 0);

/** Sums of uniform numbers: like trained weights, many small ones and a few large. */
function bellShaped(count: number, seed: number): Float32Array {
  const parts = Array.from({ length: 8 }, (_, i) => uniform(count, seed * 10 + i));
  return Float32Array.from({ length: count }, (_, i) => parts.reduce((sum, part) => sum + part[i], 0) / 8);
}

describe('a granularity', () => {
  // [2, 3, 2]: of the outputs along the middle dimension 0 has 1 2 7 8, 1 has 3 4 9 10, 2 has 5 6 11 12.
  const weights: Weights = { data: Float32Array.from({ length: 12 }, (_, i) => i + 1), shape: [2, 3, 2], outputAxis: 1 };
  const scalesOf = (granularity: Rounding['granularity']): number[] =>
    findScales(weights, { granularity, levels: { kind: 'symmetric', largest: 1 }, rule: 'largest', scales: 'float64' }).map(
      ({ scale }) => scale,
    );

  it('says which weights share a scale: a tensor’s, a channel’s, or so many of a channel’s', () => {
    expect(scalesOf('tensor')).toEqual([12]);
    expect(scalesOf('channel')).toEqual([8, 10, 12]);
    expect(scalesOf({ group: 2 })).toEqual([2, 4, 6, 8, 10, 12]);
    // The last group is what is left.
    expect(scalesOf({ group: 3 })).toEqual([7, 9, 11, 8, 10, 12]);
  });

  it('leaves levels where the weights were', () => {
    const rounding: Rounding = { granularity: 'channel', levels: { kind: 'symmetric', largest: 4 }, rule: 'largest', scales: 'float64' };
    // Steps 2, 2.5 and 3; halves go upwards.
    expect([...roundToLevels(weights, rounding, findScales(weights, rounding))]).toEqual([1, 1, 1, 2, 2, 2, 4, 4, 4, 4, 4, 4]);
    expect([...roundedWeights(weights, rounding)]).toEqual([2, 2, 2.5, 5, 6, 6, 8, 8, 10, 10, 12, 12]);
  });
});

describe('scales', () => {
  it('are float16 numbers where a file has such', () => {
    const [{ scale }] = findScales(tensor(Float32Array.of(1, 0.5)), {
      ...UINT8,
      levels: { kind: 'symmetric', largest: 3 },
      rule: 'largest',
      scales: 'float16',
    });
    // 1/3 = 1.0101010101|01… · 2^-2.
    expect(scale).toBe(0b10101010101 / 2 ** 12);
  });
});

describe('affine levels', () => {
  it('map the range to 0…255 and round to the nearest', () => {
    const weights = tensor(Float32Array.of(-1, 1, 0.5));
    const scales = findScales(weights, UINT8);
    expect(scales).toEqual([{ scale: 2 / 255, offset: -1 }]);
    // (0.5 + 1) · 255 / 2 = 191.25.
    expect([...roundToLevels(weights, UINT8, scales)]).toEqual([0, 255, 191]);
  });

  it('are exact for weights that are levels', () => {
    const weights = Float32Array.from({ length: 256 }, (_, q) => q - 100);
    expect(findScales(tensor(weights), UINT8)).toEqual([{ scale: 1, offset: -100 }]);
    expect(roundedWeights(tensor(weights), UINT8)).toEqual(weights);
  });

  it.each([[0], [0.3], [-7], [1e-30]])('hold a tensor that is %f throughout exactly', (value) => {
    const weights = new Float32Array(5).fill(value);
    expect(roundedWeights(tensor(weights), UINT8)).toEqual(weights);
    expect(findScales(tensor(weights), UINT8)[0].scale).toBeGreaterThan(0);
  });

  it.each([
    ['uniform', uniform(1000, 1)],
    ['bell-shaped', bellShaped(5000, 2)],
    ['bell-shaped, small', bellShaped(5000, 3).map((weight) => weight * 1e-3)],
    ['positive', uniform(1000, 4, 5, 6)],
    ['negative', uniform(1000, 5, -6, -5)],
    ['with an outlier', Float32Array.of(...uniform(999, 6, -0.1, 0.1), 3)],
    ['two values', Float32Array.of(-0.7, 0.1)],
  ])('of least error are never worse than those of the whole range: %s', (_what, weights) => {
    const [searched, whole] = (['least-error', 'largest'] as const).map((rule) =>
      squaredError(weights, roundedWeights(tensor(weights), { ...UINT8, rule })),
    );
    expect(searched).toBeLessThanOrEqual(whole);
  });

  it('of least error clip the few largest where that makes the rest finer', () => {
    const weights = bellShaped(50_000, 7);
    const [{ scale }] = findScales(tensor(weights), UINT8);
    expect(scale * 255).toBeLessThan(Math.max(...weights) - Math.min(...weights));
    const [searched, whole] = (['least-error', 'largest'] as const).map((rule) =>
      squaredError(weights, roundedWeights(tensor(weights), { ...UINT8, rule })),
    );
    expect(searched).toBeLessThan(0.98 * whole);
  });

  describe('read by stock tfjs', () => {
    let tf: Tfjs;
    beforeAll(async () => {
      ({ tf } = await wasmEngine());
    });

    it.each([1, 2, 3])('are what they are here, bit for bit (%i)', (seed) => {
      const weights = tensor(bellShaped(600, seed));
      const scales = findScales(weights, UINT8);
      const quantization = { dtype: 'uint8' as const, scale: scales[0].scale, min: scales[0].offset! };
      const decoded = tf.io.decodeWeights(Uint8Array.from(roundToLevels(weights, UINT8, scales)).buffer, [
        { name: 'w', shape: [600], dtype: 'float32', quantization },
      ]);
      expect(decoded.w.dataSync()).toEqual(roundedWeights(weights, UINT8));
      decoded.w.dispose();
    });
  });
});

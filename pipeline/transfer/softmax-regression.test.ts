import { describe, expect, it } from 'vitest';
import { wasmEngine } from '../testing/engines.ts';
import { uniform } from '../testing/numbers.ts';
import { chosen, softmaxRegression } from './softmax-regression.ts';

const { tf } = await wasmEngine();

/** Two classes on a line, at ±1 with noise, beside a feature that says nothing and one that never varies. */
function line(count: number, seed: number) {
  const noise = uniform(2 * count, seed, -0.9, 0.9);
  const labels = Array.from({ length: count }, (_, i) => i % 2);
  const features = Float32Array.from(labels.flatMap((label, i) => [10 + 3 * (2 * label - 1 + noise[2 * i]), noise[2 * i + 1], 7]));
  return { features, labels };
}

describe('softmaxRegression', () => {
  it('separates what is separable, of features as they are', async () => {
    const before = tf.memory().numTensors;
    const found = await softmaxRegression(tf, line(60, 1), line(40, 2), 2);
    expect(found.validationTop1).toBeGreaterThan(0.95);
    expect(found.weight).toHaveLength(6);
    const logits = (x: number): number[] => [0, 1].map((c) => found.weight[3 * c] * x + found.weight[3 * c + 2] * 7 + found.bias[c]);
    // The border is between -1 and +1 in units of 3 around 10.
    const [low, high] = [logits(7), logits(13)];
    expect(low[0]).toBeGreaterThan(low[1]);
    expect(high[1]).toBeGreaterThan(high[0]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('chooses a strong penalty where the labels are chance, so that the loss stays near ln 2', async () => {
    const noise = (seed: number) => ({ features: uniform(40 * 30, seed, -1, 1), labels: Array.from({ length: 40 }, (_, i) => i % 2) });
    const found = await softmaxRegression(tf, noise(1), noise(2), 2);
    expect(found.strength).toBeGreaterThanOrEqual(0.3);
    expect(found.validationLoss).toBeLessThan(0.8);
  });

  it('is at the minimum: the gradient of the regularised loss is near zero', async () => {
    const train = line(60, 3);
    const { weight, bias, strength } = await softmaxRegression(tf, train, line(40, 4), 2);
    // Biases are not regularised: the mean residual of each class is zero.
    let residual = 0;
    for (let i = 0; i < 60; i++) {
      const row = train.features.subarray(3 * i, 3 * i + 3);
      const [a, b] = [0, 1].map((c) => bias[c] + row.reduce((sum, x, f) => sum + x * weight[3 * c + f], 0));
      residual += 1 / (1 + Math.exp(b - a)) - (train.labels[i] === 0 ? 1 : 0);
    }
    expect(Math.abs(residual / 60)).toBeLessThan(1e-3);
    expect(strength).toBeGreaterThan(0);
  });

  it('weighs classes where asked', async () => {
    // One feature that says nothing: the bias is all, and follows the weights of the classes.
    const rows = { features: new Float32Array(40).fill(1), labels: Array.from({ length: 40 }, (_, i) => (i < 10 ? 0 : 1)) };
    const plain = await softmaxRegression(tf, rows, rows, 2);
    const weighted = await softmaxRegression(tf, rows, rows, 2, Float32Array.of(2, 2 / 3));
    expect(plain.bias[1] - plain.bias[0]).toBeCloseTo(Math.log(3), 2);
    expect(weighted.bias[1] - weighted.bias[0]).toBeCloseTo(0, 2);
  });

  it('takes the strongest penalty within one standard error of the least loss', () => {
    const of = (...losses: [loss: number, error: number][]): number =>
      chosen(losses.map(([validationLoss, lossError], at) => ({ validationLoss, lossError, at }))).at;
    expect(of([0.5, 0.1], [0.3, 0.1], [0.25, 0.1], [0.4, 0.1])).toBe(1);
    expect(of([0.5, 0.1], [0.3, 0.1], [0.25, 0.01], [0.4, 0.1])).toBe(2);
    expect(of([0.2, 0.01], [0.3, 0.5])).toBe(0);
  });

  it('refuses features that are not finite', async () => {
    const rows = { features: Float32Array.of(1, NaN), labels: [0, 1] };
    await expect(softmaxRegression(tf, rows, rows, 2)).rejects.toThrow('feature 0 of the backbone is not finite');
  });
});

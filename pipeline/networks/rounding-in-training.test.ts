import type { Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { integerWeights } from './operations/integer-def.ts';
import { wasmEngine } from '../testing/engines.ts';
import { uniform } from '../testing/numbers.ts';
import { relativeDifference } from '../support/difference.ts';
import { INT4_CHANNELS, INT8_CHANNELS, roundedWeights, type Rounding } from './rounding.ts';
import { GraphBuilder } from './graph.ts';
import { roundedState, roundOnEngine } from './rounding-in-training.ts';
import { stateSpec } from './state.ts';
import { randomState } from '../testing/random-state.ts';

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

describe('learned steps', () => {
  it('have the gradient of the paper, by hand', async () => {
    const { tf } = await wasmEngine();
    // Two outputs of four weights, [inputs, outputs] on the engine; steps 0.5 and 1.
    const [ratios, steps] = [
      [
        [0.4, 1.6, -2.2, 9],
        [-8, 3.3, 0.8, -0.1],
      ],
      [0.5, 1],
    ];
    const dy = [
      [1, 2, 3, 4],
      [5, 6, 7, 8],
    ];
    const onEngine = (rows: number[][]) => tf.transpose(tf.tensor2d(rows));
    const [value, ofWeights, ofSteps] = tf.tidy(() => {
      const weights = onEngine(ratios.map((row, o) => row.map((ratio) => ratio * steps[o])));
      const round = (w: Tensor, s: Tensor): Tensor => roundOnEngine(tf, w, 1, INT4_CHANNELS, s);
      const gradients = tf.grads((w, s) => tf.sum(tf.mul(round(w, s), onEngine(dy))).asScalar())([weights, tf.tensor1d(steps)]);
      return [tf.transpose(round(weights, tf.tensor1d(steps))), tf.transpose(gradients[0]), gradients[1]].map((tensor) => [
        ...tensor.dataSync(),
      ]);
    });
    const close = (came: number[], expected: number[]): void => expected.forEach((number, i) => expect(came[i]).toBeCloseTo(number, 5));
    // Levels 0, 2, -2, 7 (9 is beyond) and -7, 3, 1, 0.
    close(value, [0, 1, -1, 3.5, -7, 3, 1, 0]);
    close(ofWeights, [1, 2, 3, 0, 0, 6, 7, 8]);
    // Level less ratio within the levels, the level itself beyond: -0.4, 0.4, 0.2, 7 and -7, -0.3, 0.2, 0.1; times dy; over √(4 · 7).
    close(ofSteps, [(-0.4 + 0.8 + 0.6 + 28) / Math.sqrt(28), (-35 - 1.8 + 1.4 + 0.8) / Math.sqrt(28)]);
  });

  it('are entries of the state behind their weights, and what a network is frozen with', async () => {
    const { tf } = await wasmEngine();
    const inputShape = { height: 2, width: 2, channels: 3 };
    const g = new GraphBuilder();
    const logits = g.linear(g.globalAveragePool(g.conv(g.input(inputShape), 'a', 2, { kernel: 1, bias: true })), 'fc', 4);
    const network = { ...g.network('small', { inputShape, classes: 4 }, logits), weightRounding: INT4_CHANNELS, learnsSteps: true };
    const names = stateSpec(network).map(({ name }) => name);
    expect(names.slice(0, 3)).toEqual(['a.weight', 'a.weight.step', 'a.bias']);
    const state = randomState(network);
    state.set('a.weight.step', { shape: [2], data: Float32Array.of(0.25, 0.5) });
    const { shape, data } = state.get('a.weight')!;
    const rounded = roundedState(network, state).get('a.weight')!.data;
    const levels = Array.from(rounded, (weight, i) => weight / (i < data.length / 2 ? 0.25 : 0.5));
    for (const level of levels) expect(level).toBe(Math.max(-7, Math.min(7, Math.round(level))));
    const onEngine = tf.tidy(() =>
      roundOnEngine(tf, tf.tensor(data, shape), 0, INT4_CHANNELS, tf.tensor1d([0.25, 0.5]))
        .dataSync()
        .slice(),
    );
    expect(relativeDifference(onEngine as Float32Array, rounded)).toBeLessThan(1e-6);
  });
});

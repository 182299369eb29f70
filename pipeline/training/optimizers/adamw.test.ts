import type { Variable } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Tfjs } from '../../engines/engine.ts';
import { wasmEngine } from '../../testing/engines.ts';
import { createAdamw } from './adamw.ts';

let tf: Tfjs;
beforeAll(async () => {
  ({ tf } = await wasmEngine());
});

/** A matrix or vector of one weight, 1 at first, after each update by the gradients 0.5, -0.2, 0.1 at a rate of 0.1. */
function weights(weightDecay: number, { name = 'w', shape = [1, 1] } = {}): number[] {
  const before = tf.memory().numTensors;
  const initial = tf.ones(shape);
  const parameter = tf.variable(initial) as Variable;
  const adamw = createAdamw(tf, new Map([[name, parameter]]), { weightDecay });
  const seen = [0.5, -0.2, 0.1].map((value, i) => {
    const gradient = tf.fill(shape, value);
    adamw.apply({ [name]: gradient }, 0.1, i + 1);
    gradient.dispose();
    return parameter.dataSync()[0];
  });
  adamw.dispose();
  tf.dispose([initial, parameter]);
  expect(tf.memory().numTensors).toBe(before);
  return seen;
}

/** The formula of the paper, in float64, with bias-corrected moments written out. */
function expected(weightDecay: number): unknown[] {
  let [w, m, v] = [1, 0, 0];
  return [0.5, -0.2, 0.1].map((g, i) => {
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    w -= 0.1 * weightDecay * w;
    w -= (0.1 * (m / (1 - 0.9 ** (i + 1)))) / (Math.sqrt(v / (1 - 0.999 ** (i + 1))) + 1e-8);
    return expect.closeTo(w, 5);
  });
}

describe('AdamW, as torch.optim.AdamW', () => {
  it('steps by the rate along the sign of the first gradient, then by the moments', () => {
    expect(weights(0)[0]).toBeCloseTo(0.9, 6);
    expect(weights(0)).toEqual(expected(0));
  });

  it('decays the weight itself, not the gradient', () => {
    expect(weights(0.5)[0]).toBeCloseTo(1 - 0.05 - 0.1, 6);
    expect(weights(0.5)).toEqual(expected(0.5));
  });

  it.each([[{ name: 'norm.weight', shape: [1] }], [{ name: 'cls_token', shape: [1, 1, 1] }], [{ name: 'pos_embed', shape: [1, 1, 1] }]])(
    'does not decay %j',
    (parameter) => {
      expect(weights(0.5, parameter)).toEqual(weights(0, parameter));
    },
  );
});

import type { Variable } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Tfjs } from '../../engines/engine.ts';
import { wasmEngine } from '../../testing/engines.ts';
import { createSgd, type SgdOptions } from './sgd.ts';

let tf: Tfjs;
beforeAll(async () => {
  ({ tf } = await wasmEngine());
});

/** The weight after each of three updates of a weight of 1 by gradients of 0.5, at a rate of 0.1. */
function weights(options: SgdOptions): number[] {
  const before = tf.memory().numTensors;
  const initial = tf.tensor1d([1]);
  const parameter = tf.variable(initial) as Variable;
  const sgd = createSgd(tf, new Map([['w', parameter]]), options);
  const gradient = tf.tensor1d([0.5]);
  const seen = [1, 2, 3].map(() => {
    sgd.apply({ w: gradient }, 0.1, 1);
    return parameter.dataSync()[0];
  });
  sgd.dispose();
  tf.dispose([initial, parameter, gradient]);
  expect(tf.memory().numTensors).toBe(before);
  return seen;
}

const close = (values: number[]): unknown[] => values.map((value) => expect.closeTo(value, 6));

describe('SGD, as torch.optim.SGD', () => {
  it('plain: w - η·g', () => {
    expect(weights({ momentum: 0, weightDecay: 0, nesterov: false })).toEqual(close([0.95, 0.9, 0.85]));
  });

  it('momentum, without dampening: v = 0.5, 0.95, 1.355', () => {
    expect(weights({ momentum: 0.9, weightDecay: 0, nesterov: false })).toEqual(close([0.95, 0.855, 0.7195]));
  });

  it('weight decay goes into the gradient, and with it into the velocity', () => {
    // g = 0.6, v = 0.6, w = 0.94; g = 0.594, v = 1.134, w = 0.8266; g = 0.58266, v = 1.60326, w = 0.666274.
    expect(weights({ momentum: 0.9, weightDecay: 0.1, nesterov: false })).toEqual(close([0.94, 0.8266, 0.666274]));
  });

  it('Nesterov steps along g + μ·v', () => {
    // g = 0.6, v = 0.6, w = 1 - 0.114; g = 0.5886, v = 1.1286, w = 0.886 - 0.160434; g = 0.5725566, v = 1.5882966, w = 0.725566 - 0.200202354.
    expect(weights({ momentum: 0.9, weightDecay: 0.1, nesterov: true })).toEqual(close([0.886, 0.725566, 0.525363646]));
  });

  it('goes on from velocities that it is given', () => {
    const [initial, velocity, gradient] = [[1], [2], [0.5]].map((values) => tf.tensor1d(values));
    const parameter = tf.variable(initial) as Variable;
    const sgd = createSgd(
      tf,
      new Map([['w', parameter]]),
      { momentum: 0.9, weightDecay: 0, nesterov: false },
      new Map([['velocity.w', velocity]]),
    );
    sgd.apply({ w: gradient }, 0.1, 1);
    expect(parameter.dataSync()[0]).toBeCloseTo(1 - 0.1 * (0.9 * 2 + 0.5), 6);
    sgd.dispose();
    tf.dispose([initial, parameter, gradient]);
  });
});

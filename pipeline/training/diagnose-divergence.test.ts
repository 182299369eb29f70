import type { Tensor2D } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../data/augmentation/index.ts';
import { createDistiller, distillers, type Distiller, type Method } from '../distillers/index.ts';
import type { Engine } from '../engines/engine.ts';
import { buildNetwork } from '../networks/index.ts';
import { initialState, type NetworkState } from '../networks/state.ts';
import { wasmEngine } from '../testing/engines.ts';
import { errorOf } from '../testing/error-of.ts';
import { tinyRunData } from '../testing/tiny-data.ts';
import { tinyTraining, type TinyTraining } from '../testing/tiny-training.ts';
import { uploadState } from './device-state.ts';
import { diagnoseStep } from './diagnose-divergence.ts';
import type { StepBatch } from './step.ts';
import { findDivergedLayer } from './find-diverged-layer.ts';
import { DivergenceError, train, type EpochReport } from './train.ts';
import type { Training } from './training.ts';

const data = tinyRunData();
const network = buildNetwork('resnet8', { inputShape: data.inputShape, classes: 3 });

let engine: Engine;
beforeAll(async () => {
  engine = await wasmEngine();
});

/** Fresh weights with every value of one entry replaced. */
function stateWith(name?: string, value = 0): NetworkState {
  const state = initialState(network, createRandom(1));
  if (name) state.get(name)!.data.fill(value);
  return state;
}

const batch = (changes: Partial<StepBatch> = {}): StepBatch => ({
  images: data.normalise(data.train.images.range(0, 4)),
  labels: Int32Array.of(0, 1, 2, 0),
  epoch: 1,
  step: 1,
  learningRate: 0.1,
  ...changes,
});

/** Its loss is 0, and the derivative of the square root at 0 is none. */
const rootOfNothing: Distiller = {
  ...createDistiller('ce', { epochs: 1 }),
  name: 'root of nothing',
  losses: (tf, { student }) => ({ root: tf.sum(tf.sqrt(tf.mul(student.weak as Tensor2D, 0))) }),
};
const registry = distillers as Record<string, Method>;
beforeAll(() => void (registry[rootOfNothing.name] = { options: {}, create: () => rootOfNothing }));
afterAll(() => void delete registry[rootOfNothing.name]);

describe('diagnoseStep', () => {
  it.each<[what: string, state: NetworkState, method: string, batch: Partial<StepBatch>, finding: RegExp]>([
    ['images', stateWith(), 'ce', { images: new Float32Array(4 * 64).fill(NaN) }, /^the batch's images are not finite$/],
    ["the teacher's logits", stateWith(), 'ce', { teacherLogits: Float32Array.of(1, Infinity) }, /^the teacher's logits are not finite$/],
    [
      'a weight',
      stateWith('layer2.0.conv1.weight', NaN),
      'ce',
      {},
      /^layer2\.0\.conv1\.weight is not finite before the step \(with 0 of the other \d+ weights\)$/,
    ],
    ['an output', stateWith('layer2.0.conv2.weight', 3e38), 'ce', {}, /^the output of layer2\.0\.conv2 \(conv2d\) is not finite$/],
    ['the logits', stateWith('fc.weight', 3e38), 'ce', {}, /^the output of fc \(linear\) is not finite$/],
    [
      'a gradient',
      stateWith(),
      rootOfNothing.name,
      {},
      /^the gradient of fc\.bias is not finite \(every layer's output is finite, the logits within ±[\d.]+\)$/,
    ],
    ['nothing', stateWith(), 'ce', {}, /^every layer's output is finite, the logits within ±[\d.]+$/],
  ])('finds %s, and leaves the device as it was', async (_what, state, name, changes, finding) => {
    const before = engine.tf.memory().numTensors;
    const device = uploadState(engine.tf, network, state);
    const training = { network, method: { name, options: {} }, seed: 1 };
    expect(await diagnoseStep(training, engine, device, batch(changes))).toMatch(finding);
    expect(await device.download()).toEqual(state);
    device.dispose();
    expect(engine.tf.memory().numTensors).toBe(before);
  });
});

describe('a training that diverges', () => {
  const tiny = (changes: Partial<TinyTraining>): Training => tinyTraining({ engine, data, network, method: 'ce', ...changes });

  it('names the step, and what broke at it is found by repeating the epoch; no tensor is left behind', async () => {
    const before = engine.tf.memory().numTensors;
    const epochs: EpochReport[] = [];
    const training = tiny({ recipe: { learningRate: 1e25, warmupEpochs: 0 } });
    const error = await errorOf(() => train(training, engine, { onEpoch: (report) => epochs.push(report) }));
    expect(error).toBeInstanceOf(DivergenceError);
    const { at } = error as DivergenceError;
    expect(error.message).toMatch(
      /^the loss is \S+ at epoch 1, step [23] of 3 \(.*\): training diverged; lower the learning rate \(now [\d.e+]+\)$/,
    );
    expect(at).toMatchObject({ epoch: 1 });
    expect(epochs).toEqual([]);
    expect(await findDivergedLayer(training, engine, at!)).toMatch(
      /^(the output of \S+ \(\w+\) is not finite|.* is not finite before the step|every layer's output is finite, the logits within)/,
    );
    expect(engine.tf.memory().numTensors).toBe(before);
  });

  it('does not pass an epoch as good that left weights without a value', async () => {
    let passed = 0;
    const recipe = { learningRate: 0.1, warmupEpochs: 0, epochs: 1, batchSize: 48 };
    const error = await errorOf(() => train(tiny({ method: rootOfNothing.name, recipe }), engine, { onEpoch: () => passed++ }));
    expect(error.message).toMatch(
      /^\S+ is not finite after epoch 1 \(with \d+ of the other \d+ weights and statistics\): training diverged; lower the learning rate/,
    );
    expect(passed).toBe(0);
  });
});

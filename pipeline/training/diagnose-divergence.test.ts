import type { Tensor2D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../data/augmentation/index.ts';
import { createDistiller, type Distiller } from '../distillers/index.ts';
import type { Engine } from '../engines/engine.ts';
import { buildNetwork } from '../networks/index.ts';
import { initialState, type NetworkState } from '../networks/state.ts';
import { wasmEngine } from '../testing/engines.ts';
import { errorOf } from '../testing/error-of.ts';
import { tinyRunData } from '../testing/tiny-data.ts';
import { tinyTrainingJob } from '../testing/tiny-training-job.ts';
import { uploadState } from './device-state.ts';
import { diagnoseStep } from './diagnose-divergence.ts';
import type { StepBatch } from './step.ts';
import { DivergenceError, type EpochReport, type TrainingJob } from './train.ts';
import { trainDiagnosed } from './train-diagnosed.ts';

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

const batch = (changes: Partial<StepBatch> = {}): StepBatch => ({ images: data.normalise(data.train.images.range(0, 4)), labels: Int32Array.of(0, 1, 2, 0), epoch: 1, step: 1, learningRate: 0.1, ...changes });

/** Its loss is 0, and the derivative of the square root at 0 is none. */
const rootOfNothing: Distiller = { ...createDistiller('ce', { epochs: 1 }), losses: (tf, { student }) => ({ root: tf.sum(tf.sqrt(tf.mul(student.weak as Tensor2D, 0))) }) };

describe('diagnoseStep', () => {
  it.each<[what: string, state: NetworkState, distiller: Distiller, batch: Partial<StepBatch>, finding: RegExp]>([
    ['images', stateWith(), createDistiller('ce', { epochs: 1 }), { images: new Float32Array(4 * 64).fill(NaN) }, /^the batch's images are not finite$/],
    ["the teacher's logits", stateWith(), createDistiller('ce', { epochs: 1 }), { teacherLogits: Float32Array.of(1, Infinity) }, /^the teacher's logits are not finite$/],
    ['a weight', stateWith('layer2.0.conv1.weight', NaN), createDistiller('ce', { epochs: 1 }), {}, /^layer2\.0\.conv1\.weight is not finite before the step \(with 0 of the other \d+ weights\)$/],
    ['an output', stateWith('layer2.0.conv2.weight', 3e38), createDistiller('ce', { epochs: 1 }), {}, /^the output of layer2\.0\.conv2 \(conv2d\) is not finite$/],
    ['the logits', stateWith('fc.weight', 3e38), createDistiller('ce', { epochs: 1 }), {}, /^the output of fc \(linear\) is not finite$/],
    ['a gradient', stateWith(), rootOfNothing, {}, /^the gradient of fc\.bias is not finite \(every layer's output is finite, the logits within ±[\d.]+\)$/],
    ['nothing', stateWith(), createDistiller('ce', { epochs: 1 }), {}, /^every layer's output is finite, the logits within ±[\d.]+$/],
  ])('finds %s, and leaves the device as it was', async (_what, state, distiller, changes, finding) => {
    const before = engine.tf.memory().numTensors;
    const device = uploadState(engine.tf, network, state);
    expect(await diagnoseStep({ engine, network, distiller, seed: 1 }, device, batch(changes))).toMatch(finding);
    expect(await device.download()).toEqual(state);
    device.dispose();
    expect(engine.tf.memory().numTensors).toBe(before);
  });
});

describe('trainDiagnosed', () => {
  const job = (learningRate: number, initial = stateWith()): TrainingJob => tinyTrainingJob({ engine, data, network, initial, method: 'ce', teacher: undefined, recipe: { learningRate, warmupEpochs: 0 } });

  it('names the step and what broke at it, found by repeating the epoch, and leaves no tensor behind', async () => {
    const before = engine.tf.memory().numTensors;
    const told: (string | undefined)[] = [];
    const epochs: EpochReport[] = [];
    const error = await errorOf(() => trainDiagnosed(job(1e25), { onEpoch: (report) => epochs.push(report), onDiverged: ({ message }) => told.push(message) }));
    expect(error).toBeInstanceOf(DivergenceError);
    const { at } = error as DivergenceError;
    expect(error.message).toMatch(/^the loss is \S+ at epoch 1, step [23] of 3 \(.*\): training diverged; lower the learning rate \(now [\d.e+]+\); (the output of \S+ \(\w+\) is not finite|.* is not finite before the step|every layer's output is finite, the logits within)/);
    expect(at).toMatchObject({ epoch: 1 });
    expect(epochs).toEqual([]);
    expect(told).toEqual([error.message.slice(0, told[0]!.length)]);
    expect(engine.tf.memory().numTensors).toBe(before);
  });

  it('does not pass an epoch as good that left weights without a value', async () => {
    const once: TrainingJob = { ...job(0.1), distiller: rootOfNothing };
    once.recipe = { ...once.recipe, epochs: 1, batchSize: 48 };
    let passed = 0;
    const error = await errorOf(() => trainDiagnosed(once, { onEpoch: () => passed++ }));
    expect(error.message).toMatch(/^\S+ is not finite after epoch 1 \(with \d+ of the other \d+ weights and statistics\): training diverged; lower the learning rate/);
    expect(passed).toBe(0);
  });
});

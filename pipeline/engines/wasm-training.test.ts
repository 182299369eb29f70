/** Whole networks on `wasm`: gradients against TensorFlow's, optimizers in place against those of single tensors, the same bits again. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../data/augmentation/index.ts';
import { createDistiller } from '../distillers/index.ts';
import { buildNetwork } from '../networks/index.ts';
import { initialState, type NetworkState } from '../networks/state.ts';
import { trainForward } from '../networks/train-forward.ts';
import { cachedTensorflow, tensorflowEngine, wasmEngine } from '../testing/engines.ts';
import { uniform } from '../testing/numbers.ts';
import { relativeDifference } from '../support/difference.ts';
import { uploadState } from '../training/device-state.ts';
import { createOptimizer, type OptimizerName } from '../training/optimizers/index.ts';
import { createStep, readLosses } from '../training/step.ts';
import type { Engine } from './engine.ts';

const { handle, missing } = await cachedTensorflow();

let tensorflow: Engine;
let wasm: Engine;
beforeAll(async () => {
  if (handle) tensorflow = await tensorflowEngine(handle);
  wasm = await wasmEngine();
});

const small = (name: string, side = 8) => buildNetwork(name, { inputShape: { height: side, width: side, channels: 3 }, classes: 3 });
const BATCH = 4;
const labelsOf = (batch: number): Int32Array => Int32Array.from({ length: batch }, (_, i) => [0, 1, 2, 1][i % 4]);

/** Gradients of a cross-entropy with respect to every parameter, by name. */
async function gradientsOf(engine: Engine, name: string, side: number, batch: number): Promise<Map<string, Float32Array>> {
  const { tf } = engine;
  // Both engines are backends of one tfjs.
  await tf.setBackend(engine.name);
  const network = small(name, side);
  const before = tf.memory().numTensors;
  const device = uploadState(tf, network, initialState(network, createRandom(1)), engine.updates);
  const images = tf.tensor4d(uniform(batch * side * side * 3, 7, -2, 2), [batch, side, side, 3]);
  const labels = tf.tensor1d(labelsOf(batch), 'int32');
  const { value, grads } = tf.variableGrads(() => {
    const logits = trainForward(engine, network, device.parameters, images, ({ mean, variance }) => tf.dispose([mean, variance]), 'seed');
    return createDistiller('ce', { epochs: 1 })
      .losses(tf, { labels, student: { weak: logits, strong: logits }, teacher: {} as never, epoch: 1 })
      .ce.asScalar();
  }, [...device.parameters.values()]);
  const out = new Map<string, Float32Array>();
  for (const [name, variable] of device.parameters)
    out.set(name, ((await (grads[variable.name] as Tensor).data()) as Float32Array).slice());
  tf.dispose([images, labels, value, ...Object.values(grads)]);
  device.dispose();
  expect(tf.memory().numTensors).toBe(before);
  return out;
}

/**
 * Gradients of the networks without MobileNetV2: at its random start a change of the images by one unit in the last place moves its
 * gradients by percents.
 */
describe.skipIf(missing !== '')(`gradients on wasm and TensorFlow${missing}`, () => {
  it.each([
    ['resnet8', 8, 4],
    ['resnet20', 16, 4],
    ['resnet8x4', 8, 4],
    ['resnet20_a', 8, 4],
    ['wrn_16_1', 8, 4],
    ['vgg8', 32, 4],
    ['ShuffleV1', 16, 4],
    ['ShuffleV2', 16, 4],
    ['vit_micro_patch4_32', 32, 4],
  ])(
    "%s at %i pixels, %i images: every parameter's gradient within 1e-4",
    async (name, side, batch) => {
      const expected = await gradientsOf(tensorflow, name, side, batch);
      const actual = await gradientsOf(wasm, name, side, batch);
      const largest = Math.max(
        ...[...expected.values()].map((values) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)),
      );
      // What is zero but for rounding (a shift before a batch norm) has no relative error: it counts against the largest gradient of all.
      for (const [name, values] of expected)
        expect(relativeDifference([...actual.get(name)!, largest / 100], [...values, largest / 100]), name).toBeLessThan(1e-4);
    },
    60_000,
  );
});

/** A few steps; `single` updates tensors one by one, as engines without updates of their own do. */
async function trained(
  optimizerName: OptimizerName,
  network: ReturnType<typeof small>,
  options: { single?: boolean; nesterov?: boolean } = {},
): Promise<{ losses: number[]; state: NetworkState; slots: Map<string, Float32Array> }> {
  const { tf } = wasm;
  await tf.setBackend('wasm');
  const engine: Engine = options.single ? { ...wasm, updates: undefined } : wasm;
  const before = tf.memory().numTensors;
  const device = uploadState(tf, network, initialState(network, createRandom(1)), engine.updates);
  const optimizer = createOptimizer(engine, optimizerName, device.parameters, {
    momentum: 0.9,
    weightDecay: 0.01,
    nesterov: options.nesterov ?? false,
  });
  const step = createStep(engine, { network, seed: 1 }, createDistiller('ce', { epochs: 1 }), device, optimizer);
  const { height, width, channels } = network.inputShape;
  const losses: number[] = [];
  for (let i = 1; i <= 4; i++) {
    const images = uniform(BATCH * height * width * channels, i, -2, 2);
    losses.push((await readLosses(tf, [step.run({ images, labels: labelsOf(BATCH), epoch: 1, step: i, learningRate: 0.01 })]))[0].ce);
  }
  const slots = new Map<string, Float32Array>();
  for (const [name, tensor] of optimizer.state) slots.set(name, ((await tensor.data()) as Float32Array).slice());
  const state = await device.download();
  step.dispose();
  optimizer.dispose();
  device.dispose();
  expect(tf.memory().numTensors).toBe(before);
  return { losses, state, slots };
}

it.each([
  ['sgd', false],
  ['sgd', true],
  ['adamw', false],
] as [OptimizerName, boolean][])(
  '%s (Nesterov: %s) in place is what it is on single tensors, running statistics too',
  async (name, nesterov) => {
    const network = small('resnet8');
    const inPlace = await trained(name, network, { nesterov });
    const single = await trained(name, network, { nesterov, single: true });
    for (const [entry, { data }] of single.state)
      expect(relativeDifference(inPlace.state.get(entry)!.data, data), entry).toBeLessThan(1e-5);
    for (const [entry, values] of single.slots) expect(relativeDifference(inPlace.slots.get(entry)!, values), entry).toBeLessThan(1e-5);
  },
);

it.each(['resnet8', 'MobileNetV2', 'ShuffleV1'])('%s: the same training again gives the same bits', async (name) => {
  const network = small(name);
  const [first, again] = [await trained('sgd', network), await trained('sgd', network)];
  expect(again.losses).toEqual(first.losses);
  for (const [entry, { data }] of first.state) expect(again.state.get(entry)!.data, entry).toEqual(data);
});

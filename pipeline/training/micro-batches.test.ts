import { beforeAll, describe, expect, it } from 'vitest';
import { createDistiller } from '../distillers/index.ts';
import type { Engine } from '../engines/engine.ts';
import { freeze } from '../networks/freeze.ts';
import { GraphBuilder, type Network } from '../networks/graph.ts';
import { buildNetwork } from '../networks/index.ts';
import { unfreeze } from '../networks/unfreeze.ts';
import type { NetworkState } from '../networks/state.ts';
import { relativeDifference } from '../support/difference.ts';
import { cachedTensorflow, tensorflowEngine, wasmEngine } from '../testing/engines.ts';
import { uniform } from '../testing/numbers.ts';
import { randomState } from '../testing/random-state.ts';
import { tinyRunData } from '../testing/tiny-data.ts';
import { tinyTraining } from '../testing/tiny-training.ts';
import { uploadState } from './device-state.ts';
import { meanOfParts, partSize, partsOf } from './micro-batches.ts';
import { createStep, drawKey, type StepBatch, type StepResults } from './step.ts';
import { train } from './train.ts';

describe('partSize', () => {
  it.each([
    [32, 0, 32],
    [32, 32, 32],
    [32, 40, 32],
    [32, 20, 16],
    [15, 4, 3],
    [13, 12, 1],
  ])('of %i images, at most %i at once, is %i', (images, most, size) => {
    expect(partSize(images, most)).toBe(size);
  });
});

describe('partsOf', () => {
  const batch: StepBatch = {
    images: Float32Array.of(1, 2, 3, 4, 11, 12, 13, 14),
    teacherLogits: Float32Array.of(5, 6, 7, 8, 15, 16, 17, 18),
    labels: Int32Array.of(0, 1, 2, 3),
    epoch: 1,
    step: 7,
    learningRate: 0.1,
    rank: 1,
  };

  it('gives each part all views of its images', () => {
    const rest = { epoch: 1, step: 7, learningRate: 0.1, rank: 1 };
    const of = (part: number, images: number[], teacher: number[], labels: number[]): StepBatch => ({
      ...rest,
      images: Float32Array.from(images),
      teacherLogits: Float32Array.from(teacher),
      labels: Int32Array.from(labels),
      part,
    });
    expect(partsOf(batch, 2, 2)).toEqual([of(0, [1, 2, 11, 12], [5, 6, 15, 16], [0, 1]), of(1, [3, 4, 13, 14], [7, 8, 17, 18], [2, 3])]);
  });

  it('gives each part the shares of its labels', () => {
    const shares = Float32Array.of(1, 0, 0, 1, 0.5, 0.5, 0, 0);
    expect(partsOf({ ...batch, shares }, 2, 2).map((part) => [...part.shares!])).toEqual([
      [1, 0, 0, 1],
      [0.5, 0.5, 0, 0],
    ]);
  });

  it('of the whole batch is the batch itself', () => {
    expect(partsOf(batch, 2, 4)[0]).toBe(batch);
  });

  it('draw other numbers than the first one', () => {
    expect(partsOf({ ...batch, rank: 0 }, 2, 2).map((part) => drawKey(3, part))).toEqual(['3/7', '3/7/0/1']);
    expect(partsOf(batch, 2, 2).map((part) => drawKey(3, part))).toEqual(['3/7/1', '3/7/1/1']);
  });
});

const inputShape = { height: 8, width: 8, channels: 3 };
const [CLASSES, BATCH] = [3, 8];

function withoutBatchNorm(): Network {
  const g = new GraphBuilder();
  const conv = g.relu(g.conv(g.input(inputShape), 'conv', 6, { kernel: 3, bias: true }));
  return g.network('made', { inputShape, classes: CLASSES }, g.linear(g.globalAveragePool(conv), 'fc', CLASSES));
}

const cached = await cachedTensorflow();
const engines: [name: string, missing: string, create: () => Promise<Engine>][] = [
  ['wasm', '', wasmEngine],
  ['tensorflow', cached.missing, () => tensorflowEngine({ ...cached.handle!, coresPerOp: 1 })],
];

describe.each(engines)('a step in parts, on %s%s', (_name, missing, create) => {
  let engine: Engine;
  beforeAll(async () => {
    if (missing === '') engine = await create();
  });

  /** Gradients, losses and statistics of a batch by SLD, by name. */
  function results(network: Network, state: NetworkState, size: number): Record<string, number[]> {
    const { tf } = engine;
    const device = uploadState(tf, network, state);
    const optimizer = { state: new Map(), apply: () => undefined, dispose: () => undefined };
    const step = createStep(engine, { network }, createDistiller('sld', { epochs: 4 }), device, optimizer);
    const batch: StepBatch = {
      images: uniform(2 * BATCH * 8 * 8 * 3, 1, -2, 2),
      teacherLogits: uniform(2 * BATCH * CLASSES, 2, -3, 3),
      labels: Int32Array.from({ length: BATCH }, (_, i) => i % CLASSES),
      epoch: 4,
      step: 1,
      learningRate: 0.1,
    };
    const { gradients, losses, statistics }: StepResults = meanOfParts(tf, partsOf(batch, 2, size), step.compute);
    const tensors = { ...gradients, ...losses, ...Object.fromEntries(statistics.map(({ name, mean }) => [`${name}.mean`, mean])) };
    const values = Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, [...tensor.dataSync()]]));
    tf.dispose(tensors);
    for (const { variance } of statistics) variance.dispose();
    step.dispose();
    device.dispose();
    return values;
  }

  it.skipIf(missing !== '').each([2])('of %i images is that of the whole batch, without batch norm and with folded ones', (size) => {
    const before = engine.tf.memory().numTensors;
    const made = withoutBatchNorm();
    const mobile = buildNetwork('MobileNetV2', { inputShape, classes: CLASSES });
    const folded = unfreeze(freeze(mobile, randomState(mobile)));
    for (const [network, state] of [[made, randomState(made)] as const, [folded.network, folded.state] as const]) {
      const whole = results(network, state, BATCH);
      const parts = results(network, state, size);
      expect(Object.keys(parts)).toEqual(Object.keys(whole));
      expect(Object.keys(whole).slice(-3)).toEqual(['ce', 'teacherSwap', 'studentSwap']);
      for (const [name, values] of Object.entries(whole)) expect(relativeDifference(parts[name], values), name).toBeLessThan(1e-4);
    }
    expect(engine.tf.memory().numTensors).toBe(before);
  });

  it.skipIf(missing !== '')('takes the mean of the statistics of batch norms, each part with its own', () => {
    const network = buildNetwork('resnet8', { inputShape, classes: CLASSES });
    const state = randomState(network);
    const [whole, parts] = [results(network, state, BATCH), results(network, state, 4)];
    // The first layer's inputs are the same in both; from the second one on they are normalised otherwise.
    expect(relativeDifference(parts['bn1.mean'], whole['bn1.mean'])).toBeLessThan(1e-5);
    expect(relativeDifference(parts['conv1.weight'], whole['conv1.weight'])).toBeGreaterThan(1e-3);
  });

  it.skipIf(missing !== '')('trains two replicas to the weights of the undivided batch', async () => {
    const data = tinyRunData();
    const g = new GraphBuilder();
    const conv = g.relu(g.conv(g.input(data.inputShape), 'conv', 6, { kernel: 3, bias: true }));
    const network = g.network('made', { inputShape: data.inputShape, classes: 3 }, g.linear(g.globalAveragePool(conv), 'fc', 3));
    const trained = (microBatch: number): Promise<NetworkState> =>
      train(tinyTraining({ engine, data, network, replicas: 2, recipe: { epochs: 1, microBatch } }), engine);
    const [whole, parts] = [await trained(0), await trained(3)];
    for (const [name, { data: values }] of whole) expect(relativeDifference(parts.get(name)!.data, values), name).toBeLessThan(1e-4);
  });
});

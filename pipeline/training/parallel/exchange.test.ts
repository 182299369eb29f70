import { beforeAll, describe, expect, it } from 'vitest';
import { createDistiller } from '../../distillers/index.ts';
import type { Engine } from '../../engines/engine.ts';
import { GraphBuilder, type Network } from '../../networks/graph.ts';
import { buildNetwork } from '../../networks/index.ts';
import { cachedTensorflow, tensorflowEngine, wasmEngine } from '../../testing/engines.ts';
import { uniform } from '../../testing/numbers.ts';
import { relativeDifference } from '../../support/difference.ts';
import { randomState } from '../../testing/random-state.ts';
import { uploadState } from '../device-state.ts';
import { createStep, drawKey, type StepBatch, type StepResults } from '../step.ts';
import { createAllReduce, joinAllReduce } from './all-reduce.ts';
import { exchangedCount, meanOverReplicas, totalOverReplicas } from './exchange.ts';

const inputShape = { height: 8, width: 8, channels: 1 };
const CLASSES = 3;
const BATCH = 8;

function withoutBatchNorm(): Network {
  const g = new GraphBuilder();
  const conv = g.relu(g.conv(g.input(inputShape), 'conv', 6, { kernel: 3, bias: true }));
  return g.network('made', { inputShape, classes: CLASSES }, g.linear(g.globalAveragePool(conv), 'fc', CLASSES));
}

const images = uniform(2 * BATCH * 64, 1);
const teacherLogits = uniform(2 * BATCH * CLASSES, 2, -3, 3);
const labels = Int32Array.from({ length: BATCH }, (_, i) => i % CLASSES);

/** Samples `start` to `end - 1` of both views. */
function share(start: number, end: number, rank = 0): StepBatch {
  const ofViews = (values: Float32Array, size: number): Float32Array =>
    Float32Array.of(...[0, BATCH].flatMap((view) => [...values.subarray((view + start) * size, (view + end) * size)]));
  return {
    images: ofViews(images, 64),
    teacherLogits: ofViews(teacherLogits, CLASSES),
    labels: labels.slice(start, end),
    epoch: 4,
    step: 1,
    learningRate: 0.1,
    rank,
  };
}

const cached = await cachedTensorflow();
const engines: [name: string, missing: string, create: () => Promise<Engine>][] = [
  ['wasm', '', wasmEngine],
  ['tensorflow', cached.missing, () => tensorflowEngine(cached.handle!)],
];

describe.each(engines)('what replicas exchange, on %s%s', (_name, missing, create) => {
  let engine: Engine;
  beforeAll(async () => {
    if (missing === '') engine = await create();
  });

  /** Values by name, and disposes the tensors. */
  function read({ gradients, losses, statistics }: StepResults): Record<string, number[]> {
    const named = [
      ...Object.entries({ ...gradients, ...losses }),
      ...statistics.flatMap(
        ({ name, mean, variance }) =>
          [
            [`${name}.mean`, mean],
            [`${name}.variance`, variance],
          ] as const,
      ),
    ];
    const out = Object.fromEntries(named.map(([name, tensor]) => [name, [...tensor.dataSync()]]));
    for (const [, tensor] of named) tensor.dispose();
    return out;
  }

  async function exchanged(
    network: Network,
  ): Promise<{ whole: Record<string, number[]>; halves: Record<string, number[]>[]; means: Record<string, number[]>[] }> {
    const { tf } = engine;
    const device = uploadState(tf, network, randomState(network));
    const optimizer = { state: new Map(), apply: () => undefined, dispose: () => undefined };
    const { compute } = createStep(engine, { network }, createDistiller('sld', { epochs: 4 }), device, optimizer);
    const shares = [share(0, BATCH / 2), share(BATCH / 2, BATCH, 1)];
    const allReduce = createAllReduce(2, exchangedCount(network));
    const means = await Promise.all(shares.map((own, rank) => meanOverReplicas(tf, joinAllReduce(allReduce, rank), compute(own))));
    const result = { whole: read(compute(share(0, BATCH))), halves: shares.map((own) => read(compute(own))), means: means.map(read) };
    device.dispose();
    return result;
  }

  it.skipIf(missing !== '')('is, without batch norm, what one replica computes of the whole batch; no tensor is left', async () => {
    const before = engine.tf.memory().numTensors;
    const { whole, means } = await exchanged(withoutBatchNorm());
    expect(Object.keys(whole)).toEqual(['conv.weight', 'conv.bias', 'fc.weight', 'fc.bias', 'ce', 'teacherSwap', 'studentSwap']);
    for (const [name, values] of Object.entries(whole)) expect(relativeDifference(means[0][name], values), name).toBeLessThan(1e-5);
    expect(means[1]).toEqual(means[0]);
    expect(engine.tf.memory().numTensors).toBe(before);
  });

  it.skipIf(missing !== '')('is, with batch norm, the mean of the halves, each with its own statistics', async () => {
    const { whole, halves, means } = await exchanged(buildNetwork('resnet8', { inputShape, classes: CLASSES }));
    expect(Object.keys(means[0])).toContain('bn1.variance');
    for (const name of Object.keys(whole)) {
      const mean = halves[0][name].map((value, i) => (value + halves[1][name][i]) / 2);
      expect(relativeDifference(means[0][name], mean), name).toBeLessThan(1e-6);
    }
    expect(means[1]).toEqual(means[0]);
    // Otherwise the statistics would be the whole batch's.
    expect(relativeDifference(means[0]['conv1.weight'], whole['conv1.weight'])).toBeGreaterThan(1e-3);
  });
});

describe('totals over replicas', () => {
  it('are sums of counts', async () => {
    const allReduce = createAllReduce(2, 3);
    const counts = [
      [1, 0, 7],
      [2, 5, 2 ** 23],
    ];
    expect(await Promise.all(counts.map((own, rank) => totalOverReplicas(joinAllReduce(allReduce, rank), own)))).toEqual([
      [3, 5, 2 ** 23 + 7],
      [3, 5, 2 ** 23 + 7],
    ]);
  });
});

describe('drawKey', () => {
  it('is of seed and step alone for the first replica, as where there is one, and another for each of the others', () => {
    expect([undefined, 0, 1, 2].map((rank) => drawKey(7, { step: 3, rank }))).toEqual(['7/3', '7/3', '7/3/1', '7/3/2']);
  });
});

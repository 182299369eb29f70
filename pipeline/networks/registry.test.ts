import type { Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../engines/engine.ts';
import { wasmEngine } from '../testing/engines.ts';
import { errorOf } from '../testing/error-of.ts';
import { evalForward } from '../testing/eval-forward.ts';
import { relativeDifference, uniform } from '../testing/numbers.ts';
import { randomState } from '../testing/random-state.ts';
import { smallNetworks } from '../testing/small-networks.ts';
import { uploadState } from '../training/device-state.ts';
import { freeze } from './freeze.ts';
import { buildNetwork, networks } from './index.ts';
import { createFrozenRunner } from './run-frozen.ts';
import { elementCount, stateSpec, trainableCount } from './state.ts';
import { trainForward, type BatchStatistics } from './train-forward.ts';

const BATCH = 2;

let engine: Engine;
beforeAll(async () => {
  engine = await wasmEngine();
});

describe.each(smallNetworks())('%s', (name, network) => {
  const state = randomState(network);
  const { height, width, channels } = network.inputShape;
  const images = uniform(BATCH * height * width * channels, 5, -2, 2);
  const upload = (): Tensor4D => engine.tf.tensor4d(images, [BATCH, height, width, channels]);

  it('is called what it is registered as, and names every state entry once', () => {
    const names = stateSpec(network).map((entry) => entry.name);
    expect(network.name).toBe(name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThan(0);
  });

  it('counts as trainable everything but the running statistics', () => {
    const expected = stateSpec(network)
      .filter((entry) => !/\.running_(mean|var)$/.test(entry.name))
      .reduce((sum, { shape }) => sum + elementCount(shape), 0);
    expect(trainableCount(network)).toBe(expected);
  });

  it('gives finite logits in training mode, and statistics of every batch norm', () => {
    const { tf } = engine;
    const before = tf.memory().numTensors;
    const device = uploadState(tf, network, state);
    const statistics: BatchStatistics[] = [];
    const logits = tf.tidy(() => trainForward(engine, network, device.parameters, upload(), (batch) => statistics.push(batch)));
    expect(logits.shape).toEqual([BATCH, 7]);
    expect(logits.dataSync().every(Number.isFinite)).toBe(true);
    expect(statistics.map((batch) => batch.name)).toEqual(network.nodes.flatMap((node) => (node.op === 'batchNorm' ? [node.name] : [])));
    for (const { mean, variance } of statistics) {
      expect([...mean.dataSync(), ...variance.dataSync()].every(Number.isFinite)).toBe(true);
      tf.dispose([mean, variance]);
    }
    logits.dispose();
    device.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('computes the same frozen as unfrozen in eval mode', () => {
    const { tf } = engine;
    const before = tf.memory().numTensors;
    const frozen = freeze(network, state);
    expect(frozen.nodes.some((node) => node.op === 'batchNorm')).toBe(false);
    const runner = createFrozenRunner(tf, frozen);
    const [actual, expected] = tf.tidy(() => {
      const input = upload();
      return [runner.logits(input), evalForward(engine, network, state, input)];
    });
    expect(actual.shape).toEqual([BATCH, 7]);
    expect(relativeDifference(actual.dataSync(), expected.dataSync())).toBeLessThan(1e-4);
    tf.dispose([actual, expected]);
    runner.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('trainable parameters', () => {
  const cifar = { inputShape: { height: 32, width: 32, channels: 3 }, classes: 100 };
  const imagenet = { inputShape: { height: 224, width: 224, channels: 3 }, classes: 1000 };

  const counts = [
    // conv1 3·9·16 + bn 32; stages with two 3x3 and, at another width, a 1x1 projection; fc 64·100 + 100.
    ['resnet8', cifar, 83_892],
    ['resnet14', cifar, 181_108],
    ['resnet20', cifar, 278_324],
    ['resnet32', cifar, 472_756],
    ['resnet44', cifar, 667_188],
    ['resnet56', cifar, 861_620],
    ['resnet110', cifar, 1_736_564],
    ['resnet8x4', cifar, 1_233_540],
    ['resnet32x4', cifar, 7_433_860],
    ['ResNet18', cifar, 11_220_132],
    ['ResNet50', cifar, 23_705_252],
    ['torchvision.resnet18', imagenet, 11_689_512],
    ['torchvision.resnet34', imagenet, 21_797_672],
    ['torchvision.resnet50', imagenet, 25_557_032],
  ] as const;

  it.each(counts)('%s has as many as its original', (name, options, count) => {
    expect(trainableCount(buildNetwork(name, options))).toBe(count);
  });

  it('are stated here for every registered network', () => {
    expect(counts.map(([name]) => name).sort()).toEqual(Object.keys(networks).sort());
  });

  it("resnet8's state is named and shaped as PyTorch's", () => {
    const spec = stateSpec(buildNetwork('resnet8', cifar)).map(({ name, shape }) => `${name} [${shape}]`);
    expect(spec.slice(0, 6)).toEqual(['conv1.weight [16,3,3,3]', 'bn1.weight [16]', 'bn1.bias [16]', 'bn1.running_mean [16]', 'bn1.running_var [16]', 'layer1.0.conv1.weight [16,16,3,3]']);
    expect(spec).toContain('layer2.0.downsample.0.weight [32,16,1,1]');
    expect(spec.slice(-2)).toEqual(['fc.weight [100,64]', 'fc.bias [100]']);
  });
});

describe('buildNetwork', () => {
  it.each(['resnet9', '', 'constructor'])('refuses the unknown network "%s" and names the known ones', async (name) => {
    const error = await errorOf(() => buildNetwork(name, { inputShape: { height: 8, width: 8, channels: 1 }, classes: 2 }));
    expect(error.message).toMatch(new RegExp(`^unknown network "${name}"; allowed: resnet8, .*torchvision\\.resnet50`));
  });
});

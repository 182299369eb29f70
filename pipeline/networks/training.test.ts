/** Networks whose gradients are not those of plain convolutions alone learn, on every engine that is here. */
import { beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../data/augmentation/index.ts';
import { createDistiller } from '../distillers/index.ts';
import type { Engine } from '../engines/engine.ts';
import { cachedTensorflow, tensorflowEngine, wasmEngine, webgpuEngine } from '../testing/engines.ts';
import { softwareWebgpu } from '../testing/software-webgpu.ts';
import { kindsOfNetworks } from '../testing/kinds-of-networks.ts';
import { uniform } from '../testing/numbers.ts';
import { uploadState } from '../training/device-state.ts';
import { createOptimizer } from '../training/optimizers/index.ts';
import { createStep, readLosses } from '../training/step.ts';
import { buildNetwork, type Network } from './index.ts';
import { initialState } from './state.ts';

const BATCH = 8;
const STEPS = 3;
/** Learning rate so small that the loss must fall, however curved it is where batch norm sees a handful of values. */
const LEARNING_RATE = 1e-4;

const registered = ['MobileNetV2', 'ShuffleV1', 'ShuffleV2', 'resnet20_a'].map((name): [name: string, network: Network] => [
  name,
  buildNetwork(name, { inputShape: { height: 24, width: 24, channels: 3 }, classes: 2 }),
]);
/** The same blocks in small networks: a driver in software compiles a shader for each shape, for minutes where there are many. */
const ofBlocks = kindsOfNetworks().filter(([kind]) => kind !== 'a transformer');

const cached = await cachedTensorflow();
const engines: [name: string, missing: string, create: () => Promise<Engine>, networks: [name: string, network: Network][]][] = [
  ['wasm', '', wasmEngine, registered],
  ['tensorflow', cached.missing, () => tensorflowEngine(cached.handle!), registered],
  ['webgpu', (await softwareWebgpu()).missing, webgpuEngine, ofBlocks],
];

describe.each(engines)('on %s%s', (_name, missing, create, networks) => {
  let engine: Engine;
  beforeAll(async () => {
    if (missing === '') engine = await create();
  });

  it.skipIf(missing !== '').each(networks)('%s learns a batch of two classes, and leaves nothing behind', async (_name, network) => {
    const { tf } = engine;
    const before = tf.memory().numTensors;
    const device = uploadState(tf, network, initialState(network, createRandom(1)), engine.updates);
    const optimizer = createOptimizer(engine, 'sgd', device.parameters, { momentum: 0, weightDecay: 0, nesterov: false });
    const distiller = createDistiller('ce', { epochs: 1, batchSize: BATCH } as never);
    const step = createStep(engine, { network, seed: 1 }, distiller, device, optimizer);
    const { height, width } = network.inputShape;
    // Class 1 is brighter at the left, class 0 at the right, under noise.
    const labels = Int32Array.from({ length: BATCH }, (_, i) => i % 2);
    const images = uniform(BATCH * height * width * 3, 4).map((noise, i) => {
      const left = Math.floor(i / 3) % width < width / 2;
      return noise + (left === (labels[Math.floor(i / (height * width * 3))] === 1) ? 1 : -1);
    });
    const losses = (
      await readLosses(
        tf,
        Array.from({ length: STEPS }, (_, i) => step.run({ images, labels, epoch: 1, step: i + 1, learningRate: LEARNING_RATE })),
      )
    ).map(({ ce }) => ce);
    expect(losses.every(Number.isFinite), String(losses)).toBe(true);
    expect(losses.at(-1)!, String(losses)).toBeLessThan(losses[0] - 1e-4);
    step.dispose();
    device.dispose();
    optimizer.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

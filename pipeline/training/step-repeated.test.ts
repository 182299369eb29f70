import { beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../data/augmentation/index.ts';
import { createDistiller, distillers } from '../distillers/index.ts';
import type { Engine } from '../engines/engine.ts';
import { GraphBuilder, type Network } from '../networks/graph.ts';
import { buildNetwork } from '../networks/index.ts';
import { initialState } from '../networks/state.ts';
import { cachedTensorflow, tensorflowEngine } from '../testing/engines.ts';
import { countedRepetitions } from '../testing/counted-repetitions.ts';
import { uniform } from '../testing/numbers.ts';
import { bitsOf } from '../testing/tiny-training.ts';
import { uploadState } from './device-state.ts';
import { createOptimizer, optimizers, type OptimizerName } from './optimizers/index.ts';
import { createStep, readLosses, type StepBatch } from './step.ts';

const { handle, missing } = await cachedTensorflow();

const [BATCH, CLASSES, STEPS_PER_EPOCH, EPOCHS] = [4, 3, 5, 2];
const inputShape = { height: 8, width: 8, channels: 3 };
const resnet = buildNetwork('resnet8', { inputShape, classes: CLASSES });

function dropping(): Network {
  const g = new GraphBuilder();
  const features = g.globalAveragePool(g.relu(g.conv(g.input(inputShape), 'conv', 6, { kernel: 3, bias: true })));
  return g.network('dropping', { inputShape, classes: CLASSES }, g.linear(g.node('dropout', [features], { rate: 0.5 }), 'fc', CLASSES));
}

describe.skipIf(missing !== '')(`steps repeated by their ops${missing}`, () => {
  let engine: Engine;
  /** Number of steps that were repetitions. */
  let count: () => number;
  let plain: Engine;
  beforeAll(async () => {
    engine = await tensorflowEngine(handle!);
    plain = { ...engine, trace: undefined, updates: undefined };
    const counted = countedRepetitions(engine);
    engine = counted.engine;
    count = counted.count;
  });

  /** Losses of every step and the weights at the end, in bits; two epochs. */
  async function trained(
    engine: Engine,
    network: Network,
    method: string,
    optimizerName: OptimizerName = 'sgd',
  ): Promise<{ losses: object[]; weights: string[]; velocities: string[] }> {
    const { tf } = engine;
    const before = tf.memory().numTensors;
    const device = uploadState(tf, network, initialState(network, createRandom(1)), engine.updates);
    const optimizer = createOptimizer(engine, optimizerName, device.parameters, { momentum: 0.9, weightDecay: 5e-4, nesterov: true });
    const distiller = createDistiller(method, { epochs: EPOCHS });
    const step = createStep(engine, { network, seed: 3, classWeights: Float32Array.of(1, 2, 0.5) }, distiller, device, optimizer);
    const count = distiller.views.length * BATCH;
    const losses: object[] = [];
    for (let epoch = 1; epoch <= EPOCHS; epoch++) {
      for (let i = 0; i < STEPS_PER_EPOCH; i++) {
        const number = (epoch - 1) * STEPS_PER_EPOCH + i + 1;
        const batch: StepBatch = {
          images: uniform(count * 8 * 8 * 3, number, -2, 2),
          labels: Int32Array.from({ length: BATCH }, (_, k) => (k + number) % CLASSES),
          ...(distiller.needsTeacher && { teacherLogits: uniform(count * CLASSES, 100 + number, -3, 3) }),
          epoch,
          step: number,
          learningRate: 0.1 / number,
        };
        const { losses: ofStep, ...results } = step.compute(batch);
        step.update(results, batch);
        losses.push(...(await readLosses(tf, [ofStep])));
      }
    }
    const weights = [...(await device.download()).values()].map(({ data }) => bitsOf(data));
    const velocities = await Promise.all(
      [...optimizer.state.values()].map(async (tensor) => bitsOf((await tensor.data()) as Float32Array)),
    );
    step.dispose();
    device.dispose();
    optimizer.dispose();
    expect(tf.memory().numTensors).toBe(before);
    return { losses, weights, velocities };
  }

  it.each(Object.keys(distillers))('of method %s: the same bits as steps one by one', async (method) => {
    const before = count();
    const repeated = await trained(engine, resnet, method);
    expect(count() - before).toBe(EPOCHS * (STEPS_PER_EPOCH - 2));
    expect(repeated).toEqual(await trained(plain, resnet, method));
  });

  it.each(
    (Object.keys(optimizers) as OptimizerName[]).flatMap((optimizer) =>
      ['MobileNetV2', 'vit_micro_patch4_32'].map((name) => [name, optimizer] as const),
    ),
  )('of %s with %s: the same bits', async (name, optimizer) => {
    const network = buildNetwork(name, { inputShape, classes: CLASSES });
    const before = count();
    const repeated = await trained(engine, network, 'ce', optimizer);
    expect(count() - before).toBe(EPOCHS * (STEPS_PER_EPOCH - 2));
    expect(repeated).toEqual(await trained(plain, network, 'ce', optimizer));
  });

  it('are not those of a network that draws', async () => {
    const before = count();
    const network = dropping();
    const drawn = await trained(engine, network, 'ce');
    expect(count() - before).toBe(0);
    expect(drawn).toEqual(await trained(plain, network, 'ce'));
  });

  it('are not those of a computation that reads values back, or tensors that nobody named', () => {
    const { tf } = engine;
    const input = Float32Array.of(1, 2, 3);
    const other = tf.add(tf.tensor1d([1, 2, 3]), 1);
    const traceOf = (compute: () => ReturnType<typeof tf.add>): boolean => {
      const { outputs, trace } = engine.trace!([input], [], () => [tf.tidy(compute)]);
      tf.dispose(outputs);
      return trace !== undefined;
    };
    expect(traceOf(() => tf.add(tf.tensor1d(input), 1))).toBe(true);
    expect(traceOf(() => tf.add(tf.tensor1d(input), other))).toBe(false);
    expect(traceOf(() => tf.add(tf.tensor1d(input), tf.add(tf.tensor1d(input), 1).dataSync()[0]))).toBe(false);
    other.dispose();
  });
});

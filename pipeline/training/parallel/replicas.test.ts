import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { shuffle } from '../../data/augmentation/index.ts';
import { createDistiller, distillers } from '../../distillers/index.ts';
import type { Engine } from '../../engines/engine.ts';
import { freeze } from '../../networks/freeze.ts';
import { GraphBuilder, type Network } from '../../networks/graph.ts';
import { buildNetwork } from '../../networks/index.ts';
import { type NetworkState } from '../../networks/state.ts';
import { networkHandle } from '../../teachers/teacher-handle.ts';
import { cachedTensorflow, tensorflowEngine, wasmEngine } from '../../testing/engines.ts';
import { errorOf } from '../../testing/error-of.ts';
import { relativeDifference } from '../../support/difference.ts';
import { randomState } from '../../testing/random-state.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';
import { tinyRunData } from '../../testing/tiny-data.ts';
import { bitsOfState, tinyTraining, type TinyTraining } from '../../testing/tiny-training.ts';
import { readCheckpoint, writeCheckpoint } from '../checkpoint.ts';
import { findDivergedLayer } from '../find-diverged-layer.ts';
import { DivergenceError, train, type EpochReport, type TrainingEvents } from '../train.ts';
import type { Training } from '../training.ts';

const data = tinyRunData();
const resnet = buildNetwork('resnet8', { inputShape: data.inputShape, classes: 3 });
const teacher = networkHandle(freeze(resnet, randomState(resnet)), data.preprocessing);

function withoutBatchNorm(): Network {
  const { inputShape } = data;
  const g = new GraphBuilder();
  const conv = g.relu(g.conv(g.input(inputShape), 'conv', 6, { kernel: 3, bias: true }));
  return g.network('made', { inputShape, classes: 3 }, g.linear(g.globalAveragePool(conv), 'fc', 3));
}

const cached = await cachedTensorflow();
const engines: [name: string, missing: string, create: () => Promise<Engine>][] = [
  ['wasm', '', wasmEngine],
  ['tensorflow', cached.missing, () => tensorflowEngine({ ...cached.handle!, coresPerOp: 1 })],
];

const comparable = ({ losses, trainingTop1, validationTop1, learningRate, teacherSwaps }: EpochReport) => ({
  losses,
  trainingTop1,
  validationTop1,
  learningRate,
  teacherSwaps,
});

/** The threads that this process starts from now on. */
function startedThreads(): Worker[] {
  const threads: Worker[] = [];
  const note = (worker: Worker): void => void threads.push(worker);
  process.on('worker', note);
  onTestFinished(() => void process.off('worker', note));
  return threads;
}

describe.each(engines)('training with replicas, on %s%s', (_name, missing, create) => {
  let engine: Engine;
  beforeAll(async () => {
    if (missing === '') engine = await create();
  });

  const tiny = (changes: Partial<TinyTraining> = {}): Training =>
    tinyTraining({ engine, data, network: resnet, teacher, replicas: 2, ...changes });
  const run = (changes: Partial<TinyTraining> = {}, events?: TrainingEvents): Promise<NetworkState> => train(tiny(changes), engine, events);

  /** The error of a training that diverges, and where it was found. */
  async function divergenceOf(training: Training): Promise<{ error: DivergenceError; finding: string }> {
    const error = (await errorOf(() => train(training, engine))) as DivergenceError;
    return { error, finding: await findDivergedLayer(training, engine, error.at!) };
  }

  async function trained(changes: Partial<TinyTraining> = {}): Promise<{ state: NetworkState; reports: EpochReport[] }> {
    const reports: EpochReport[] = [];
    return { state: await run(changes, { onEpoch: (report) => void reports.push(report) }), reports };
  }

  it.skipIf(missing !== '')(
    'gives, without batch norm, the training of one replica but for rounding, and counts the same swaps',
    async () => {
      const network = withoutBatchNorm();
      const before = engine.tf.memory().numTensors;
      const [one, two] = [await trained({ network, replicas: 1 }), await trained({ network })];
      for (const [name, { data: values }] of one.state)
        expect(relativeDifference(two.state.get(name)!.data, values), name).toBeLessThan(1e-4);
      expect(two.reports.map(({ teacherSwaps }) => teacherSwaps)).toEqual(one.reports.map(({ teacherSwaps }) => teacherSwaps));
      expect(one.reports[0].teacherSwaps!.weak).toBeGreaterThan(0);
      for (const [i, { losses, learningRate }] of two.reports.entries()) {
        expect(Object.keys(losses)).toEqual(Object.keys(one.reports[i].losses));
        expect(losses.total).toBeCloseTo(one.reports[i].losses.total, 4);
        expect(learningRate).toBe(one.reports[i].learningRate);
      }
      expect(new Set(two.reports.map(({ tensors }) => tensors)).size).toBe(1);
      expect(engine.tf.memory().numTensors).toBe(before);
    },
  );

  it.skipIf(missing !== '')('with batch norm, is the same every time, bit for bit, also stopped after an epoch and resumed', async () => {
    const before = engine.tf.memory().numTensors;
    const path = join(temporaryFolder(), 'checkpoint.safetensors');
    const whole = await trained();
    const stop = new Error('stopped by the test');
    const stopped = run(
      {},
      {
        onEpoch(_report, checkpoint) {
          writeCheckpoint(path, { ...checkpoint, seed: 5, configuration: '{}' });
          throw stop;
        },
      },
    );
    await expect(stopped).rejects.toBe(stop);
    const resumed = await trained({ start: readCheckpoint(path) });
    expect(bitsOfState(resumed.state)).toEqual(bitsOfState(whole.state));
    expect(resumed.reports.map(comparable)).toEqual(whole.reports.slice(1).map(comparable));
    expect(engine.tf.memory().numTensors).toBe(before);
    // The student's swap, of the last epoch alone, is on in every replica.
    expect(whole.reports.map(({ losses }) => 'studentSwap' in losses)).toEqual([false, false, true]);
    // The mean of the shares' statistics, which differ from the whole batch's.
    const one = await trained({ replicas: 1 });
    expect(bitsOfState(whole.state)['bn1.running_var']).not.toBe(bitsOfState(one.state)['bn1.running_var']);
  });

  it.skipIf(missing !== '')('names the layer where it diverges, and leaves neither thread nor tensor', async () => {
    const before = engine.tf.memory().numTensors;
    const threads = startedThreads();
    const { error, finding } = await divergenceOf(tiny({ recipe: { learningRate: 1e25, warmupEpochs: 0 } }));
    // One beside this thread's, and another one where the epoch is repeated; a thread that ended has no number.
    expect(threads.map(({ threadId }) => threadId)).toEqual([-1, -1]);
    expect(error).toBeInstanceOf(DivergenceError);
    expect(error.message).toMatch(/^the loss is \S+ at epoch 1, step [23] of 3 /);
    expect(finding).toMatch(/^(the output of \S+ \(\w+\) is not finite|.* is not finite before the step|every layer's output is finite)/);
    expect(engine.tf.memory().numTensors).toBe(before);
  });

  it.skipIf(missing !== '')("finds what broke in another replica's share", async () => {
    // One image a replica, and a class that weighs nothing sensible: the first step that meets it has it in the second share.
    const broken = 2;
    const recipe = { batchSize: 2 };
    const firstMet = (seed: number): number =>
      [...shuffle(data.train.count, seed, 1)].findIndex((index) => data.train.labels[index] === broken);
    const seed = Array.from({ length: 50 }, (_, i) => i).find((candidate) => firstMet(candidate) % 2 === 1)!;
    const { error, finding } = await divergenceOf(tiny({ method: 'ce', recipe, seed, classWeights: Float32Array.of(1, 1, NaN) }));
    expect(error.message).toMatch(/^the loss is NaN at epoch 1, step \d+ of 24 /);
    expect(finding).toMatch(/^the gradient of \S+ is not finite \(.*\) \(in the share of replica 1\)$/);
    expect(error.at).toEqual({ epoch: 1, step: Math.floor(firstMet(seed) / 2) + 1 });
  });

  it.skipIf(missing !== '')('ends where the thread of a replica does', async () => {
    const before = engine.tf.memory().numTensors;
    const threads = startedThreads();
    const training = run({}, { onStep: ({ epoch }) => void (epoch === 2 && threads[0].terminate()) });
    await expect(training).rejects.toThrow(/^replica 1 of 2: its thread ended with code 1$/);
    expect(engine.tf.memory().numTensors).toBe(before);
  });

  it.skipIf(missing !== '')('ends with what a replica threw', async () => {
    const before = engine.tf.memory().numTensors;
    const elsewhere: Engine = {
      ...engine,
      handle: { name: 'tensorflow', bindingPath: '/nowhere/tfjs_binding.node', description: 'absent' },
    };
    await expect(run({ engine: elsewhere })).rejects.toThrow(/^replica 1 of 2: .*\/nowhere\/tfjs_binding\.node/);
    expect(engine.tf.memory().numTensors).toBe(before);
  });

  it.skipIf(missing !== '')('refuses replicas that would get unequal shares, and those on a GPU', async () => {
    expect((await errorOf(() => run({ replicas: 3 }))).message).toBe(
      "--replicas 3: a batch of 16 can't be shared equally; allowed: divisors of 16",
    );
    const gpu: Engine = { ...engine, name: 'webgpu', handle: { name: 'webgpu', description: '', gpu: true } };
    expect((await errorOf(() => train(tiny({ engine: gpu }), gpu))).message).toBe(
      '--replicas 2: replicas share the cores of a processor, and engine webgpu computes on a GPU; allowed there: 1',
    );
  });
});

describe('a method in another thread', () => {
  it.each(Object.entries(distillers))('%s made from its own options is the same method', (name, { create }) => {
    const made = createDistiller(name, { epochs: 7 });
    const again = create(made.options);
    expect(again.options).toEqual(made.options);
    expect([again.name, again.views, again.needsTeacher]).toEqual([made.name, made.views, made.needsTeacher]);
  });
});

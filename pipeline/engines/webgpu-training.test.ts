/** Whole trainings of tiny networks on `webgpu`, against `wasm`. */
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../augmentation/index.ts';
import { createDistiller } from '../distillers/index.ts';
import { freeze } from '../networks/freeze.ts';
import type { Network } from '../networks/graph.ts';
import { buildNetwork } from '../networks/index.ts';
import { initialState, type NetworkState } from '../networks/state.ts';
import { trainForward } from '../networks/train-forward.ts';
import { networkHandle } from '../teachers/handle.ts';
import { softwareWebgpu, wasmEngine, webgpuEngine } from '../testing/engines.ts';
import { errorOf } from '../testing/error-of.ts';
import { relativeDifference, uniform } from '../testing/numbers.ts';
import { randomState } from '../testing/random-state.ts';
import { tinyRunData } from '../testing/tiny-data.ts';
import { uploadState } from '../training/device-state.ts';
import type { OptimizerName } from '../training/optimizers/index.ts';
import { train, type EpochReport, type TrainingJob } from '../training/train.ts';
import type { Engine } from './engine.ts';

const { missing } = await softwareWebgpu();

describe.skipIf(missing !== '')(`training on webgpu${missing}`, () => {
  let wasm: Engine;
  let webgpu: Engine;
  beforeAll(async () => {
    [wasm, webgpu] = [await wasmEngine(), await webgpuEngine()];
  });
  /** Both engines are backends of one tfjs. */
  const on = async <T>(engine: Engine, work: () => Promise<T>): Promise<T> => {
    await engine.tf.setBackend(engine.name);
    return work();
  };

  /** Gradients of a cross-entropy with respect to every parameter, by name. */
  async function gradientsOf(engine: Engine, network: Network): Promise<Map<string, Float32Array>> {
    const { tf } = engine;
    const before = tf.memory().numTensors;
    const device = uploadState(tf, network, initialState(network, createRandom(1)), engine.updates);
    const { height, width, channels } = network.inputShape;
    const images = tf.tensor4d(uniform(4 * height * width * channels, 7, -2, 2), [4, height, width, channels]);
    const labels = tf.tensor1d([0, 1, 2, 1], 'int32');
    const { value, grads } = tf.variableGrads(() => {
      const logits = trainForward(engine, network, device.parameters, images, ({ mean, variance }) => tf.dispose([mean, variance]), 'seed');
      return createDistiller('ce', { epochs: 1 }).losses(tf, { labels, student: { weak: logits, strong: logits }, teacher: {} as never, epoch: 1 }).ce.asScalar();
    }, [...device.parameters.values()]);
    const out = new Map<string, Float32Array>();
    for (const [name, variable] of device.parameters) out.set(name, ((await (grads[variable.name] as Tensor).data()) as Float32Array).slice());
    tf.dispose([images, labels, value, ...Object.values(grads)]);
    device.dispose();
    expect(tf.memory().numTensors).toBe(before);
    return out;
  }

  it.each(['resnet8', 'MobileNetV2', 'ShuffleV1'])("%s: every parameter's gradient is wasm's within 1e-4", async (name) => {
    const network = buildNetwork(name, { inputShape: { height: 8, width: 8, channels: 3 }, classes: 3 });
    const expected = await on(wasm, () => gradientsOf(wasm, network));
    const actual = await on(webgpu, () => gradientsOf(webgpu, network));
    const largest = Math.max(...[...expected.values()].map((values) => Math.max(...values.map(Math.abs))));
    // What is zero but for rounding (a shift before a batch norm) has no relative error: it counts against the largest gradient of all.
    const worst = [...expected].map(([name, values]) => ({ name, error: relativeDifference([...actual.get(name)!, largest / 100], [...values, largest / 100]) }));
    for (const { name, error } of worst) expect(error, name).toBeLessThan(1e-4);
  });

  /** More classes than a row has threads; the teacher is wrong about most rows, the student about some. */
  const [ROWS, CLASSES] = [5, 70];
  async function lossesOf({ tf }: Engine, method: string, weighted: boolean): Promise<number[][]> {
    const before = tf.memory().numTensors;
    const [weak, strong, weakTeacher, strongTeacher] = [1, 2, 3, 4].map((seed) => tf.tensor2d(uniform(ROWS * CLASSES, seed, -5, 5), [ROWS, CLASSES]));
    const results = tf.tidy(() => {
      const batch = { labels: tf.tensor1d([3, 69, 0, 64, 7], 'int32'), teacher: { weak: weakTeacher, strong: strongTeacher }, epoch: 200, ...(weighted && { classWeights: tf.tensor1d(uniform(CLASSES, 5, 0.5, 2)) }) };
      const distiller = createDistiller(method, { epochs: 240 });
      const { value, grads } = tf.valueAndGrads((weak, strong) => tf.addN(Object.values(distiller.losses(tf, { ...batch, student: { weak: weak as Tensor2D, strong: strong as Tensor2D } }))).asScalar())([weak, strong]);
      return [value, ...grads];
    });
    const out = await Promise.all(results.map(async (tensor) => [...(await tensor.data())]));
    tf.dispose([weak, strong, weakTeacher, strongTeacher, ...results]);
    expect(tf.memory().numTensors).toBe(before);
    return out;
  }

  it.each([['sld', false], ['sld', true], ['mlkd', false]] as [string, boolean][])("the losses of %s (classes weighted: %s) and their gradients are wasm's", async (method, weighted) => {
    const expected = await on(wasm, () => lossesOf(wasm, method, weighted));
    const actual = await on(webgpu, () => lossesOf(webgpu, method, weighted));
    expected.forEach((values, i) => expect(relativeDifference(actual[i], values)).toBeLessThan(2e-5));
  });

  const EPOCHS = 4;
  const data = tinyRunData();
  const network = buildNetwork('resnet8', { inputShape: data.inputShape, classes: 3 });
  const job = (engine: Engine, method: string, optimizer: OptimizerName = 'sgd', changes: Partial<TrainingJob> = {}): TrainingJob => ({
    engine,
    network,
    initial: initialState(network, createRandom(1)),
    distiller: createDistiller(method, { epochs: EPOCHS }),
    teacher: networkHandle(freeze(network, randomState(network)), data.preprocessing),
    train: data.train,
    validation: data.validation,
    trainingProbe: data.trainingProbe,
    preprocessing: data.preprocessing,
    normalise: data.normalise,
    recipe: { epochs: EPOCHS, batchSize: 16, learningRate: 0.01, warmupEpochs: 0.5, schedule: { kind: 'cosine' }, optimizer: { name: optimizer, momentum: 0.9, weightDecay: 5e-4, nesterov: false } },
    seed: 5,
    workers: 1,
    ...changes,
  });
  const curve = async (job: TrainingJob): Promise<{ losses: number[]; reports: EpochReport[]; state: NetworkState }> => {
    const reports: EpochReport[] = [];
    const state = await train(job, { onEpoch: (report) => reports.push(report) });
    return { losses: reports.map(({ losses }) => losses.total), reports, state };
  };

  it.each([['sld', 'sgd'], ['sld', 'adamw']] as [string, OptimizerName][])('%s with %s, the teacher in a worker thread: the same loss curve as on wasm, and no tensor more', async (method, optimizer) => {
    const expected = await on(wasm, () => curve(job(wasm, method, optimizer)));
    const before = webgpu.tf.memory().numTensors;
    const actual = await on(webgpu, () => curve(job(webgpu, method, optimizer)));
    expect(webgpu.tf.memory().numTensors).toBe(before);
    actual.losses.forEach((loss, i) => expect(Math.abs(loss / expected.losses[i] - 1), `epoch ${i + 1}: ${loss}, ${expected.losses[i]}`).toBeLessThan(1e-2));
    expect(actual.reports.map(({ teacherSwaps }) => teacherSwaps)).toEqual(expected.reports.map(({ teacherSwaps }) => teacherSwaps));
    expect(new Set(actual.reports.map(({ tensors }) => tensors)).size).toBe(1);
  });

  it('reads losses some steps at a time, and still names the step that diverged', async () => {
    const recipe = { ...job(webgpu, 'ce').recipe, epochs: 3, learningRate: 1e30, warmupEpochs: 0 };
    await on(webgpu, async () => {
      const before = webgpu.tf.memory().numTensors;
      const error = await errorOf(() => train(job(webgpu, 'ce', 'sgd', { recipe })));
      expect(error.message).toMatch(/^the loss is (NaN|Infinity) at epoch \d+, step \d of 3 /);
      expect(webgpu.tf.memory().numTensors).toBe(before);
    });
  });

  it('refuses to be read synchronously, in one clear line', async () => {
    await on(webgpu, async () => {
      const { tf } = webgpu;
      const sum = tf.tidy(() => tf.matMul(tf.ones([64, 64]), tf.ones([64, 64])));
      expect(() => sum.dataSync()).toThrow('await tensor.data()');
      expect((await sum.data())[0]).toBe(64);
      sum.dispose();
    });
  });
});

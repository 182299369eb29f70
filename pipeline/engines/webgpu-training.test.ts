/** Whole trainings of tiny networks on `webgpu`, against `wasm`. */
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { createDistiller } from '../distillers/index.ts';
import { type NetworkState } from '../networks/state.ts';
import { wasmEngine, webgpuEngine } from '../testing/engines.ts';
import { softwareWebgpu } from '../testing/software-webgpu.ts';
import { errorOf } from '../testing/error-of.ts';
import { kindsOfNetworks } from '../testing/kinds-of-networks.ts';
import { uniform } from '../testing/numbers.ts';
import { relativeDifference } from '../support/difference.ts';
import { parameterGradients, worstGradient } from '../testing/parameter-gradients.ts';
import { tinyRunData } from '../testing/tiny-data.ts';
import { tinyTraining } from '../testing/tiny-training.ts';
import type { OptimizerName } from '../training/optimizers/index.ts';
import { train, type EpochReport } from '../training/train.ts';
import type { Recipe, Training } from '../training/training.ts';
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

  it.each(kindsOfNetworks())("%s: every parameter's gradient is wasm's within 1e-4", async (_kind, network) => {
    const expected = await on(wasm, () => parameterGradients(wasm, network, 4));
    const before = webgpu.tf.memory().numTensors;
    const actual = await on(webgpu, () => parameterGradients(webgpu, network, 4));
    expect(webgpu.tf.memory().numTensors).toBe(before);
    const { name, error } = worstGradient(actual, expected);
    expect(error, name).toBeLessThan(1e-4);
  });

  /** Channels and pixels that fill no tile, several tiles of the inner dimension, shares of the filter's gradient, pixels that no output read. */
  it.each([
    { inputs: 5, outputs: 18, kernel: 3, stride: 1, size: [11, 9] },
    { inputs: 20, outputs: 68, kernel: 3, stride: 2, size: [12, 10] },
    { inputs: 33, outputs: 6, kernel: 1, stride: 2, size: [14, 14] },
    { inputs: 3, outputs: 40, kernel: 4, stride: 4, size: [16, 16] },
  ])(
    "a convolution of $inputs to $outputs channels, kernel $kernel, stride $stride, and its gradients are wasm's",
    async ({ inputs, outputs, kernel, stride, size }) => {
      const padding = kernel === 3 ? 1 : 0;
      const compute = async ({ tf, ops }: Engine): Promise<number[][]> => {
        const [x, filter] = [
          tf.tensor4d(uniform(6 * size[0] * size[1] * inputs, 1), [6, size[0], size[1], inputs]),
          tf.tensor4d(uniform(kernel ** 2 * inputs * outputs, 2), [kernel, kernel, inputs, outputs]),
        ];
        const results = tf.tidy(() => {
          const y = ops.conv2d(x, filter, stride, padding);
          const weights = tf.tensor(uniform(y.size, 3), y.shape);
          return [
            y,
            ...tf.grads((x, filter) => tf.sum(tf.mul(ops.conv2d(x as Tensor4D, filter as Tensor4D, stride, padding), weights)).asScalar())([
              x,
              filter,
            ]),
          ];
        });
        const out = await Promise.all(results.map(async (tensor) => [...(await tensor.data())]));
        tf.dispose([x, filter, ...results]);
        return out;
      };
      const expected = await on(wasm, () => compute(wasm));
      const actual = await on(webgpu, () => compute(webgpu));
      expected.forEach((values, i) => expect(relativeDifference(actual[i], values)).toBeLessThan(5e-6));
    },
  );

  /** More classes than a row has threads; the teacher is wrong about most rows, the student about some. */
  const [ROWS, CLASSES] = [5, 70];
  async function lossesOf({ tf }: Engine, method: string, weighted: boolean): Promise<number[][]> {
    const before = tf.memory().numTensors;
    const [weak, strong, weakTeacher, strongTeacher] = [1, 2, 3, 4].map((seed) =>
      tf.tensor2d(uniform(ROWS * CLASSES, seed, -5, 5), [ROWS, CLASSES]),
    );
    const results = tf.tidy(() => {
      const batch = {
        labels: tf.tensor1d([3, 69, 0, 64, 7], 'int32'),
        teacher: { weak: weakTeacher, strong: strongTeacher },
        epoch: 200,
        ...(weighted && { classWeights: tf.tensor1d(uniform(CLASSES, 5, 0.5, 2)) }),
      };
      const distiller = createDistiller(method, { epochs: 240 });
      const { value, grads } = tf.valueAndGrads((weak, strong) =>
        tf
          .addN(Object.values(distiller.losses(tf, { ...batch, student: { weak: weak as Tensor2D, strong: strong as Tensor2D } })))
          .asScalar(),
      )([weak, strong]);
      return [value, ...grads];
    });
    const out = await Promise.all(results.map(async (tensor) => [...(await tensor.data())]));
    tf.dispose([weak, strong, weakTeacher, strongTeacher, ...results]);
    expect(tf.memory().numTensors).toBe(before);
    return out;
  }

  it.each([
    ['sld', false],
    ['sld', true],
    ['mlkd', false],
  ] as [string, boolean][])("the losses of %s (classes weighted: %s) and their gradients are wasm's", async (method, weighted) => {
    const expected = await on(wasm, () => lossesOf(wasm, method, weighted));
    const actual = await on(webgpu, () => lossesOf(webgpu, method, weighted));
    expected.forEach((values, i) => expect(relativeDifference(actual[i], values)).toBeLessThan(2e-5));
  });

  const data = tinyRunData();
  const training = (engine: Engine, method: string, recipe: Partial<Recipe> = {}): Training =>
    tinyTraining({
      engine,
      data: { ...data, trainingProbe: data.validation },
      method,
      recipe: { epochs: 2, learningRate: 0.01, ...recipe },
    });
  const curve = async (
    engine: Engine,
    method: string,
    recipe: Partial<Recipe>,
  ): Promise<{ losses: number[]; reports: EpochReport[]; state: NetworkState }> => {
    const reports: EpochReport[] = [];
    const state = await train(training(engine, method, recipe), engine, { onEpoch: (report) => reports.push(report) });
    return { losses: reports.map(({ losses }) => losses.total), reports, state };
  };

  it.each([
    ['sld', 'sgd', 2],
    ['sld', 'adamw', 1],
  ] as [string, OptimizerName, number][])(
    '%s with %s, the teacher in a worker thread: the same loss curve as on wasm, and no tensor more',
    async (method, name, epochs) => {
      const recipe: Partial<Recipe> = { epochs, optimizer: { name, momentum: 0.9, weightDecay: 5e-4, nesterov: false } };
      const expected = await on(wasm, () => curve(wasm, method, recipe));
      const before = webgpu.tf.memory().numTensors;
      const actual = await on(webgpu, () => curve(webgpu, method, recipe));
      expect(webgpu.tf.memory().numTensors).toBe(before);
      actual.losses.forEach((loss, i) =>
        expect(Math.abs(loss / expected.losses[i] - 1), `epoch ${i + 1}: ${loss}, ${expected.losses[i]}`).toBeLessThan(1e-2),
      );
      expect(actual.reports.map(({ teacherSwaps }) => teacherSwaps)).toEqual(expected.reports.map(({ teacherSwaps }) => teacherSwaps));
      expect(new Set(actual.reports.map(({ tensors }) => tensors)).size).toBe(1);
    },
  );

  it('reads losses some steps at a time, and still names the step that diverged', async () => {
    await on(webgpu, async () => {
      const before = webgpu.tf.memory().numTensors;
      const error = await errorOf(() => train(training(webgpu, 'ce', { epochs: 3, learningRate: 1e30, warmupEpochs: 0 }), webgpu));
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

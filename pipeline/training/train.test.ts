import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../data/augmentation/index.ts';
import type { Engine } from '../engines/engine.ts';
import { buildNetwork } from '../networks/index.ts';
import { initialState, type NetworkState } from '../networks/state.ts';
import { wasmEngine } from '../testing/engines.ts';
import { errorOf } from '../testing/error-of.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { tinyRunData } from '../testing/tiny-data.ts';
import { bitsOfState, tinyTraining, type TinyTraining } from '../testing/tiny-training.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { optimizers, type OptimizerName } from './optimizers/index.ts';
import { train, type EpochReport, type TrainingEvents } from './train.ts';
import type { Recipe } from './training.ts';

const EPOCHS = 4;
const data = tinyRunData();
const network = buildNetwork('resnet8', { inputShape: data.inputShape, classes: 3 });

let engine: Engine;
beforeAll(async () => {
  engine = await wasmEngine();
});

const trained = (method: string, changes: Omit<TinyTraining, 'engine'> = {}, events?: TrainingEvents): Promise<NetworkState> =>
  train(tinyTraining({ engine, data, method, ...changes, recipe: { epochs: EPOCHS, ...changes.recipe } }), engine, events);

describe('train', () => {
  it('lowers the loss, moves every weight and statistic, and keeps the tensor count flat', async () => {
    const before = engine.tf.memory().numTensors;
    const reports: EpochReport[] = [];
    const steps: number[] = [];
    const state = await trained(
      'ce',
      {},
      { onEpoch: (report) => reports.push(report), onStep: ({ epoch, step }) => steps.push(10 * epoch + step) },
    );
    expect(engine.tf.memory().numTensors).toBe(before);

    expect(reports.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
    expect(steps).toEqual([11, 12, 13, 21, 22, 23, 31, 32, 33, 41, 42, 43]);
    expect(reports[3].losses.total).toBeLessThan(0.8 * reports[0].losses.total);
    expect(reports.every(({ teacherSwaps }) => teacherSwaps === undefined)).toBe(true);
    expect(reports.map(({ losses }) => losses.ce)).toEqual(reports.map(({ losses }) => losses.total));
    expect(new Set(reports.map(({ tensors }) => tensors)).size).toBe(1);
    for (const { trainingTop1, validationTop1, learningRate } of reports) {
      for (const share of [trainingTop1, validationTop1]) expect(share >= 0 && share <= 1).toBe(true);
      expect(learningRate).toBeGreaterThan(0);
    }
    const initial = bitsOfState(initialState(network, createRandom(1)));
    const final = bitsOfState(state);
    for (const name of Object.keys(initial)) expect(final[name], name).not.toBe(initial[name]);
  });

  it.each(Object.keys(optimizers) as OptimizerName[])(
    'gives bit-identical weights with %s when it is stopped, its checkpoint read from disk, and resumed',
    async (name) => {
      const recipe: Partial<Recipe> = { optimizer: { name, momentum: 0.9, weightDecay: 5e-4, nesterov: false } };
      const path = join(temporaryFolder(), 'checkpoint.safetensors');
      const stop = new Error('stopped by the test');
      const uninterruptedReports: EpochReport[] = [];
      const uninterrupted = await trained('sld', { recipe }, { onEpoch: (report) => uninterruptedReports.push(report) });

      const stopped = trained(
        'sld',
        { recipe },
        {
          onEpoch(_report, checkpoint) {
            writeCheckpoint(path, { ...checkpoint, seed: 5, configuration: '{}' });
            if (checkpoint.epochsDone === 2) throw stop;
          },
        },
      );
      await expect(stopped).rejects.toBe(stop);

      const resumedReports: EpochReport[] = [];
      // The number of workers must not matter.
      const resumed = await trained(
        'sld',
        { recipe, start: readCheckpoint(path), workers: 2 },
        { onEpoch: (report) => resumedReports.push(report) },
      );
      expect(resumedReports.map(({ epoch }) => epoch)).toEqual([3, 4]);
      expect(bitsOfState(resumed)).toEqual(bitsOfState(uninterrupted));
      const comparable = ({ losses, trainingTop1, validationTop1, learningRate, teacherSwaps }: EpochReport) => ({
        losses,
        trainingTop1,
        validationTop1,
        learningRate,
        teacherSwaps,
      });
      expect(resumedReports.map(comparable)).toEqual(uninterruptedReports.slice(2).map(comparable));
      // A teacher of random weights is often wrong; 48 images a view and epoch.
      for (const { teacherSwaps } of uninterruptedReports) {
        expect(teacherSwaps!.weak).toBeGreaterThan(0);
        expect(Math.max(teacherSwaps!.weak, teacherSwaps!.strong)).toBeLessThanOrEqual(48);
        expect(teacherSwaps!.byClass).toHaveLength(3);
        expect(teacherSwaps!.byClass.reduce((sum, count) => sum + count, 0)).toBe(teacherSwaps!.weak);
      }
      // The gate of SLD opened on the way: 150 of 240 epochs are 3 of 4 (rounded).
      expect(uninterruptedReports.map(({ losses }) => Object.keys(losses).includes('studentSwap'))).toEqual([false, false, false, true]);
    },
  );

  it('weighs classes where it is told to', async () => {
    const recipe = { epochs: 1 };
    const [plain, alike, weighted] = [
      await trained('ce', { recipe }),
      await trained('ce', { recipe, classWeights: Float32Array.of(1, 1, 1) }),
      await trained('ce', { recipe, classWeights: Float32Array.of(9, 1, 1) }),
    ];
    const bias = (state: NetworkState): number[] => [...state.get('fc.bias')!.data];
    bias(alike).forEach((value, i) => expect(value).toBeCloseTo(bias(plain)[i], 4));
    // The class that weighs most is said more often.
    expect(bias(weighted)[0]).toBeGreaterThan(bias(plain)[0]);
  });

  it('depends on the seed', async () => {
    const recipe = { epochs: 1 };
    const [first, again, other] = [
      await trained('ce', { recipe }),
      await trained('ce', { recipe }),
      await trained('ce', { recipe, seed: 6 }),
    ];
    expect(bitsOfState(again)).toEqual(bitsOfState(first));
    expect(bitsOfState(other)).not.toEqual(bitsOfState(first));
  });

  it('stops with one clear line when it diverges, and leaves no tensor behind', async () => {
    const before = engine.tf.memory().numTensors;
    const recipe = { epochs: 50, learningRate: 1e6, warmupEpochs: 0 };
    const error = await errorOf(() => trained('ce', { recipe }));
    expect(error.message).toMatch(
      /^(the loss is (NaN|Infinity) at epoch \d+, step \d of 3 |\S+ is not finite after epoch \d+ ).*training diverged; lower the learning rate \(now \d+/,
    );
    expect(engine.tf.memory().numTensors).toBe(before);
  });
});

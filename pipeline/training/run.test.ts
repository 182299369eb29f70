import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../engines/engine.ts';
import { configure } from '../configuration/configure.ts';
import { buildNetwork } from '../networks/index.ts';
import { wasmEngine } from '../testing/engines.ts';
import { errorOf } from '../testing/error-of.ts';
import { randomState } from '../testing/random-state.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { tinyRunData } from '../testing/tiny-data.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import type { RunData } from '../data/run-data.ts';
import { NO_LABEL } from '../data/sets/dataset.ts';
import { openImageSource, type ImageSource } from '../data/sets/image-source.ts';
import { loadTeacher, saveTeacher } from '../teachers/teacher.ts';
import { runTraining, type RunOptions, type TrainingRun } from './run.ts';
import { DivergenceError } from './train.ts';

const tiny = tinyRunData();
/** Most images are of class 0. */
const data: RunData = { ...tiny, train: { ...tiny.train, labels: tiny.train.labels.map((label, i) => (i < 30 ? 0 : label)) } };

let engine: Engine;
beforeAll(async () => {
  engine = await wasmEngine();
});

const run = (settings: object, changes: Partial<RunOptions> = {}): Promise<TrainingRun> =>
  runTraining({
    configuration: configure({ method: 'ce', teacher: '', epochs: 1, batchSize: 16, warmupEpochs: 0, ...settings }),
    engine,
    data,
    folder: join(temporaryFolder(), 'run'),
    resume: false,
    restart: false,
    say: () => undefined,
    ...changes,
  });

describe('runTraining', () => {
  it('weighs classes by how many training images they have where the configuration says so', async () => {
    const [plain, balanced] = [await run({}), await run({ classWeights: 'balanced' })];
    const bias = ({ state }: TrainingRun): number => state.get('fc.bias')!.data[0];
    expect(bias(balanced)).toBeLessThan(bias(plain));
  });

  it('stores every setting, and the options of the method as they were used', async () => {
    const { folder, methodOptions } = await run({ seed: 9 });
    const stored = JSON.parse(readFileSync(join(folder, 'configuration.json'), 'utf8')) as Record<string, unknown>;
    expect(stored).toMatchObject({
      ...configure({}),
      method: 'ce',
      teacher: '',
      epochs: 1,
      batchSize: 16,
      warmupEpochs: 0,
      seed: 9,
      methodOptions,
      engine: engine.description,
      replicas: 2,
    });
  });

  it('says of a diverged training at which step, in which layer, and where its last good checkpoint is', async () => {
    const folder = join(temporaryFolder(), 'run');
    const error = await errorOf(() => run({ epochs: 1, learningRate: 1e30 }, { folder }));
    expect(error.message).toMatch(
      /^the loss is .* at epoch 1, step \d of 3 .*: training diverged; lower the learning rate .*; .*(is not finite|are not finite|is finite).*; no epoch was finished before, so there is no checkpoint$/,
    );

    // One epoch of two, with weights that are finite and break the next step.
    const stop = new Error('stopped by the test');
    await errorOf(() =>
      run(
        { epochs: 2 },
        {
          folder,
          progress: {
            update: () => undefined,
            done: () => {
              throw stop;
            },
          },
        },
      ),
    );
    const path = join(folder, 'checkpoint.safetensors');
    const checkpoint = readCheckpoint(path)!;
    checkpoint.model.get('fc.weight')!.data.fill(3e38);
    writeCheckpoint(path, checkpoint);
    const said: string[] = [];
    const later = await errorOf(() =>
      run({ epochs: 2 }, { folder, resume: true, progress: { update: () => undefined, done: (line) => void said.push(line ?? '') } }),
    );
    expect(later).toBeInstanceOf(DivergenceError);
    expect(later.message).toMatch(
      /^the loss is \S+ at epoch 2, step 1 of 3 .*; the output of fc \(linear\) is not finite; the last good checkpoint, of epoch 1, is .*run\/checkpoint\.safetensors$/,
    );
    expect(said).toEqual([expect.stringMatching(/^the loss is .*; repeating epoch 2 up to step 1 to find the layer$/)]);
  });

  it('refuses an option that the method lacks before it writes anything', async () => {
    expect((await errorOf(() => run({ methodOptions: { temperature: 2 } }))).message).toBe(
      'unknown option "temperature" of method ce; allowed: views',
    );
  });
});

describe('pictures without a label', () => {
  /** The tiny images and six more, in one file. */
  function withUnlabelled(): RunData {
    const path = join(temporaryFolder(), 'images.bin');
    const { count, images, labels } = data.train;
    writeFileSync(path, Buffer.concat([images.range(0, count), images.range(0, 6)]));
    const whole = openImageSource({ store: { kind: 'file', path }, imageBytes: images.imageBytes });
    const part = (start: number, end: number): ImageSource => whole.subset(Uint32Array.from({ length: end - start }, (_, i) => start + i));
    return {
      ...data,
      train: { count, images: part(0, count), labels },
      unlabelled: { count: 6, images: part(count, count + 6), labels: new Uint16Array(6).fill(NO_LABEL) },
    };
  }
  const said = async (method: string, changes: Partial<RunOptions> = {}): Promise<[string[], TrainingRun]> => {
    const lines: string[] = [];
    const trained = await run({ method, batchSize: 18 }, { data: withUnlabelled(), say: (line) => void lines.push(line), ...changes });
    return [lines.filter((line) => line.includes('without a label')), trained];
  };

  it('are learnt from by a teacher’s answers, and left out without one', async () => {
    const network = buildNetwork('resnet8', { inputShape: data.inputShape, classes: 3 });
    const path = join(temporaryFolder(), 'teacher.safetensors');
    saveTeacher(path, network, randomState(network), data, {});
    const [lines, { history }] = await said('sld', { teacher: await loadTeacher(path, data) });
    expect(lines).toEqual(['6 pictures without a label are learnt from too: what the teacher says of them, and no swap there']);
    expect(Object.values(history[0].losses).every(Number.isFinite)).toBe(true);
    expect((await said('ce'))[0]).toEqual(['6 pictures without a label are left out: ce learns from labels alone']);
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../engines/engine.ts';
import { configure } from '../presets/index.ts';
import { wasmEngine } from '../testing/engines.ts';
import { errorOf } from '../testing/error-of.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { tinyRunData } from '../testing/tiny-data.ts';
import type { RunData } from './data.ts';
import { runTraining, type TrainingRun } from './run.ts';

const tiny = tinyRunData();
/** Most images are of class 0. */
const data: RunData = { ...tiny, train: { ...tiny.train, labels: tiny.train.labels.map((label, i) => (i < 30 ? 0 : label)) } };

let engine: Engine;
beforeAll(async () => {
  engine = await wasmEngine();
});

const run = (settings: object): Promise<TrainingRun> =>
  runTraining({
    configuration: configure({ method: 'ce', teacher: '', epochs: 1, batchSize: 16, warmupEpochs: 0, ...settings }),
    engine,
    data,
    folder: join(temporaryFolder(), 'run'),
    resume: false,
    restart: false,
    say: () => undefined,
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
    expect(stored).toMatchObject({ ...configure({}), method: 'ce', teacher: '', epochs: 1, batchSize: 16, warmupEpochs: 0, seed: 9, methodOptions, engine: engine.description });
  });

  it('refuses an option that the method lacks before it writes anything', async () => {
    expect((await errorOf(() => run({ methodOptions: { temperature: 2 } }))).message).toBe('unknown option "temperature" of method ce; allowed: (it has none)');
  });
});

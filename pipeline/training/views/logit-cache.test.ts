import { readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { PUBLISHED, type Augmentation } from '../../data/augmentation/index.ts';
import type { Engine } from '../../engines/engine.ts';
import { buildNetwork } from '../../networks/index.ts';
import { wasmEngine } from '../../testing/engines.ts';
import { errorOf } from '../../testing/error-of.ts';
import { randomState } from '../../testing/random-state.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';
import { tinyRunData } from '../../testing/tiny-data.ts';
import { tinyTraining, type TinyTraining } from '../../testing/tiny-training.ts';
import { train, type EpochReport } from '../../training/train.ts';
import { viewKeys } from './view-keys.ts';
import { loadTeacher, saveTeacher, type Teacher } from '../../teachers/teacher.ts';
import { augmentationDigest, cacheKey } from './logit-cache-key.ts';
import { fillLogitCache, type FillOptions } from './fill-logit-cache.ts';
import { logitFile, openLogitCache } from './logit-cache.ts';

const data = tinyRunData({ counts: { train: 40, validation: 6, test: 6 } });
const network = buildNetwork('resnet8', { inputShape: data.inputShape, classes: 3 });
async function networkTeacher(): Promise<Teacher> {
  const path = join(temporaryFolder(), 'teacher.safetensors');
  saveTeacher(path, network, randomState(network), data, {});
  return loadTeacher(path, data);
}

/** Means of the channels, by ONNX Runtime: threads that need no TensorFlow.js start sooner. */
const colours = tinyRunData({ size: 4, channels: 3, counts: { train: 40, validation: 6, test: 6 } });
const onnxTeacher = (): Promise<Teacher> =>
  loadTeacher(fileURLToPath(new URL('../../teachers/fixtures/channel-means.onnx', import.meta.url)), colours, {
    stated: { preprocessing: { mean: [0, 0, 0], std: [1, 1, 1] } },
  });
const noEngine = { name: 'wasm', description: 'none', handle: { name: 'wasm', description: 'none' } } as Engine;

const options = async (changes: Partial<FillOptions> = {}): Promise<FillOptions & { lines: string[] }> => {
  const lines: string[] = [];
  return {
    teacher: await onnxTeacher(),
    data: colours,
    sets: 2,
    views: ['weak', 'strong'],
    engine: noEngine,
    workers: 1,
    say: (line) => void lines.push(line),
    cacheDir: temporaryFolder(),
    lines,
    ...changes,
  };
};

describe('a teacher’s cache', () => {
  it.each<[who: string, replicas: number]>([
    ['one replica', 1],
    ['two replicas', 2],
  ])('gives %s the same training, bit for bit, as asking the teacher about the same fixed views', async (_who, replicas) => {
    const filled = await options({ data, teacher: await networkTeacher(), engine: await wasmEngine() });
    const teacherCache = await fillLogitCache(filled);
    const { engine, teacher } = filled;
    const trained = async (changes: Partial<TinyTraining>) => {
      const reports: Pick<EpochReport, 'losses' | 'validationTop1'>[] = [];
      const training = tinyTraining({
        engine,
        data,
        network,
        teacher: teacher.handle,
        recipe: { warmupEpochs: 0 },
        replicas,
        viewSets: 2,
        ...changes,
      });
      const state = await train(training, engine, {
        onEpoch: ({ losses, validationTop1 }) => void reports.push({ losses, validationTop1 }),
      });
      return { state, reports };
    };
    // The cached run has no teacher to ask.
    const [asked, cached] = [await trained({}), await trained({ teacherCache, teacher: undefined })];
    expect(cached).toEqual(asked);
  });

  it('is made once, whatever asks for it; more sets add to it', async () => {
    const first = await options({ sets: 1 });
    const handle = await fillLogitCache(first);
    expect(first.lines[0]).toMatch(/^teacher cache: asking the teacher about 80 views, /);
    expect(readdirSync(handle.folder).sort()).toEqual(['about.json', 'set-1.strong.f32', 'set-1.weak.f32']);
    const made = readFileSync(logitFile(handle.folder, 1, 'weak'));
    const again = await options({ cacheDir: first.cacheDir, sets: 3, views: ['weak'] });
    expect((await fillLogitCache(again)).folder).toBe(handle.folder);
    expect(again.lines[0]).toMatch(/about 80 views, /);
    expect(readFileSync(logitFile(handle.folder, 1, 'weak'))).toEqual(made);
    const third = await options({ cacheDir: first.cacheDir, sets: 3, views: ['weak'] });
    await fillLogitCache(third);
    expect(third.lines).toEqual([expect.stringMatching(/^teacher cache: 3 sets of weak views, 0\.0 MiB in /)]);
    const sets = [1, 2, 3].map((set) => readFileSync(logitFile(handle.folder, set, 'weak')).toString('hex'));
    expect(new Set(sets).size).toBe(3);
  });

  it('goes on where it was interrupted, and ends the same', async () => {
    const whole = await options({ sets: 1 });
    const handle = await fillLogitCache(whole);
    const [weak, strong] = [logitFile(handle.folder, 1, 'weak'), logitFile(handle.folder, 1, 'strong')];
    const expected = [readFileSync(weak), readFileSync(strong)];
    // As a kill leaves it: the weak file part-way through its eighth row, the strong one not begun.
    writeFileSync(`${weak}.part`, expected[0].subarray(0, 7 * 12 + 5));
    rmSync(weak);
    rmSync(strong);
    const resumed = await options({ sets: 1, cacheDir: whole.cacheDir });
    await fillLogitCache(resumed);
    expect(resumed.lines[0]).toMatch(/about 73 views \(7 are there\)/);
    expect([readFileSync(weak), readFileSync(strong)]).toEqual(expected);
    expect(readdirSync(handle.folder).sort()).toEqual(['about.json', 'set-1.strong.f32', 'set-1.weak.f32']);
  });

  it('that was cut is made again, and never read', async () => {
    const first = await options({ sets: 1 });
    const handle = await fillLogitCache(first);
    const weak = logitFile(handle.folder, 1, 'weak');
    const expected = readFileSync(weak);
    truncateSync(weak, 100);
    const cache = openLogitCache(handle);
    expect((await errorOf(() => cache.read(1, ['weak'], Uint32Array.of(0)))).message).toMatch(
      /set-1\.weak\.f32 has 100 bytes; expected 480: 40 rows of 3 logits/,
    );
    cache.close();
    await fillLogitCache(await options({ sets: 1, cacheDir: first.cacheDir }));
    expect(readFileSync(weak)).toEqual(expected);
  });

  it('is read by epoch, view and sample', () => {
    const folder = temporaryFolder();
    const row = (set: number, view: number, index: number): number[] => [set, view, index];
    for (const set of [1, 2])
      for (const [v, view] of (['weak', 'strong'] as const).entries()) {
        writeFileSync(
          logitFile(folder, set, view),
          new Uint8Array(Float32Array.from([0, 1, 2, 3].flatMap((index) => row(set, v, index))).buffer),
        );
      }
    const cache = openLogitCache({ folder, rows: 4, classes: 3, sets: 2 });
    const read = (epoch: number): number[] => [...cache.read(epoch, ['weak', 'strong'], Uint32Array.of(3, 1))];
    const expected = (set: number): number[] => [row(set, 0, 3), row(set, 0, 1), row(set, 1, 3), row(set, 1, 1)].flat();
    expect([1, 2, 3, 4].map(read)).toEqual([1, 2, 1, 2].map(expected));
    expect(() => cache.read(1, ['weak'], Uint32Array.of(4))).toThrow(/has no row 4$/);
    cache.close();
  });

  it('is another one where anything that decides the logits is other', async () => {
    const teacher = await networkTeacher();
    const key = (
      changes: { teacher?: Partial<Teacher>; data?: Partial<typeof data>; engine?: Partial<Engine>; augmentation?: Augmentation } = {},
    ): string =>
      cacheKey({ ...teacher, ...changes.teacher }, { ...data, ...changes.data }, { ...noEngine, ...changes.engine }, changes.augmentation)
        .digest;
    const other = tinyRunData({ counts: { train: 39, validation: 6, test: 6 } });
    const shuffledLabels = { ...data.train, labels: data.train.labels.slice().reverse() };
    const digests = [
      key(),
      key({ teacher: { identity: 'other' } }),
      key({ data: { train: other.train } }),
      key({ data: { train: shuffledLabels } }),
      key({ data: { provenance: { ...data.provenance, checksums: { images: 'other' } } } }),
      key({ data: { preprocessing: { ...data.preprocessing, height: 4, width: 16 } } }),
      key({ engine: { description: 'other' } }),
      key({ augmentation: { ...PUBLISHED, flip: 'none' } }),
    ];
    expect(new Set(digests).size).toBe(digests.length);
    // The student's normalisation, the teacher's file name and the run are nothing to it.
    expect(key({ teacher: { name: 'renamed' }, data: { preprocessing: { ...data.preprocessing, mean: [0.9] } } })).toBe(digests[0]);
  });
});

it('default views are what they have always been: cached logits of teachers are of them', () => {
  const digest = (height: number, width: number, channels: 1 | 3, flip: Augmentation['flip'] = 'horizontal'): string =>
    augmentationDigest({ height, width, channels }, { ...PUBLISHED, flip });
  expect(digest(28, 28, 1)).toBe('18056f9587304801');
  expect(digest(28, 28, 1, 'none')).toBe('17e86d61033c0fcf');
  expect(digest(32, 32, 3)).toBe('3debe1fd61baf8bf');
  expect(digest(48, 40, 3)).toBe('89ff5063a5118a9e');
});

describe('keys of views', () => {
  it('are the run’s own without fixed sets, and the sets’ with them, whatever the seed', () => {
    expect(viewKeys({ seed: 7, epoch: 3, viewSets: 0 }, 11, 'strong')).toEqual([7, 3, 11, 1]);
    const fixed = (seed: number, epoch: number): number[] => viewKeys({ seed, epoch, viewSets: 2 }, 11, 'weak');
    expect(fixed(7, 1)).toEqual(fixed(8, 3));
    expect(fixed(7, 1)).not.toEqual(fixed(7, 2));
    expect(fixed(7, 1)).toHaveLength(5);
  });
});

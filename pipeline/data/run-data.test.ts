import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ImageSet } from '../data/sets/index.ts';
import { configure } from '../configuration/configure.ts';
import { writeCifarFolder } from '../testing/cifar-folder.ts';
import { errorOf } from '../testing/error-of.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { tinyImages } from '../testing/tiny-data.ts';
import { openRunData, type RunData } from './run-data.ts';

const open = (changes: object = {}): Promise<RunData> => {
  const folder = join(temporaryFolder(), 'images');
  writeCifarFolder(folder, { train: 60, test: 30 });
  return openRunData(configure({ data: `cifar10:${folder}`, validationCount: 20, batchSize: 10, ...changes }), () => {});
};

describe('openRunData', () => {
  it('holds the validation set out of the training set, the same for every seed and training limit', async () => {
    const [data, other] = [await open(), await open({ seed: 9, trainLimit: 15 })];
    expect([data.train.count, data.validation.count, data.test.count]).toEqual([40, 20, 30]);
    expect([other.train.count, other.validation.count]).toEqual([15, 20]);
    const all = ({ count, images }: ImageSet): Uint8Array => images.range(0, count);
    expect(all(other.validation)).toEqual(all(data.validation));
    const imageOf = ({ images }: ImageSet, i: number): string => Buffer.from(images.image(i)).toString('base64');
    const trained = new Set(Array.from({ length: 40 }, (_, i) => imageOf(data.train, i)));
    for (let i = 0; i < 20; i++) expect(trained.has(imageOf(data.validation, i))).toBe(false);
    for (let label = 0; label < 10; label++) expect(data.validation.labels.filter((found) => found === label)).toHaveLength(2);
  });

  it('limits the test set where asked, and never repeats images', async () => {
    expect((await open({ testLimit: 7 })).test.count).toBe(7);
    expect((await open({ testLimit: 700 })).test.count).toBe(30);
  });

  it('states mean and deviation of the whole training set, a channel each, to four decimals', async () => {
    const data = await open({ trainLimit: 10 });
    const pixels = tinyImages(60, 11, { size: 32, channels: 3, classes: 10 }).images.range(0, 60);
    for (let c = 0; c < 3; c++) {
      const values = [...pixels.filter((_, i) => i % 3 === c)].map((value) => value / 255);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
      expect(data.preprocessing.mean[c]).toBe(Math.round(mean * 1e4) / 1e4);
      expect(data.preprocessing.std[c]).toBe(Math.round(deviation * 1e4) / 1e4);
    }
    expect(data.preprocessing).toMatchObject({ height: 32, width: 32, channels: 3, fit: 'cover', filter: 'triangle' });
  });

  it('records where the images came from without a path of this machine', async () => {
    const { provenance } = await open();
    expect(provenance).toMatchObject({ name: 'cifar10', source: 'local folder', counts: { train: 40, validation: 20, test: 30 } });
    expect(Object.keys(provenance.checksums).sort()).toEqual(['batches.meta.txt', 'data_batch_1.bin', 'test_batch.bin']);
  });

  it('refuses a validation set as large as the training set', async () => {
    expect((await errorOf(() => open({ validationCount: 60 }))).message).toBe(
      "a validation set of 60 can't be held out of 60 training images; allowed: 1 to 59",
    );
  });
});

describe('openRunData of a folder', () => {
  const level = (value: number): Promise<Buffer> =>
    sharp({ create: { width: 6, height: 4, channels: 3, background: { r: value, g: 255 - value, b: 128 } } })
      .png()
      .toBuffer();

  async function writeFolder(splits: Record<string, number>): Promise<string> {
    const root = join(temporaryFolder(), 'colours');
    let value = 0;
    for (const [split, count] of Object.entries(splits)) {
      for (const label of ['a', 'b']) {
        mkdirSync(join(root, split, label), { recursive: true });
        for (let i = 0; i < count; i++) writeFileSync(join(root, split, label, `${i}.png`), await level(value++));
      }
    }
    vi.stubEnv('SLD_EDGE_CACHE', join(root, '..', 'cache'));
    onTestFinished(() => void vi.unstubAllEnvs());
    return root;
  }

  const openFolder = (root: string): Promise<RunData> =>
    openRunData(configure({ data: `folder:${root}`, imageSize: 4, batchSize: 2 }), () => {});

  it("takes the folder's own validation images, whatever validationCount says, and the statistics of its training images", async () => {
    const data = await openFolder(await writeFolder({ train: 5, val: 2, test: 3 }));
    expect([data.name, data.train.count, data.validation.count, data.test.count]).toEqual(['colours', 10, 4, 6]);
    // Training levels are 0…9: mean 4.5, deviation sqrt(8.25), over 255; the blue never varies.
    expect(data.preprocessing).toEqual({
      height: 4,
      width: 4,
      channels: 3,
      fit: 'cover',
      filter: 'triangle',
      mean: [0.0176, 0.9824, 0.502],
      std: [0.0113, 0.0113, 1],
    });
    expect(data.provenance).toMatchObject({ source: 'local folder colours', counts: { train: 10, validation: 4, test: 6 } });
  });

  it('refuses to train where a split has no image', async () => {
    const error = await errorOf(async () => openFolder(await writeFolder({ test: 3 })));
    expect(error).toMatchObject({
      code: 'SPLIT_EMPTY',
      message: expect.stringContaining('has no training images, came 0 training, 0 validation and 6 test images'),
    });
  });
});

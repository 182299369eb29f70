import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDataset } from './index.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'dataset-test-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A CIFAR-10 record of one grey level. */
const record = (label: number, level: number) => Buffer.concat([Buffer.from([label]), Buffer.alloc(3072, level)]);
const tenNames = 'airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n';

test('cifar10 from a folder: files in order, names from the folder, checksums of all', async () => {
  writeFileSync(join(folder, 'batches.meta.txt'), tenNames);
  writeFileSync(join(folder, 'data_batch_1.bin'), record(1, 11));
  writeFileSync(join(folder, 'data_batch_2.bin'), Buffer.concat([record(2, 22), record(3, 33)]));
  writeFileSync(join(folder, 'test_batch.bin'), record(9, 99));
  const dataset = await openDataset(`cifar10:${folder}`);
  expect([...dataset.train.labels]).toEqual([1, 2, 3]);
  expect([0, 1, 2].map((index) => dataset.train.images.image(index)[0])).toEqual([11, 22, 33]);
  expect([dataset.test.count, dataset.test.images.image(0)[3071], dataset.labels[9]]).toEqual([1, 99, 'truck']);
  expect([dataset.height, dataset.width, dataset.channels]).toEqual([32, 32, 3]);
  expect(Object.keys(dataset.checksums).sort()).toEqual(['batches.meta.txt', 'data_batch_1.bin', 'data_batch_2.bin', 'test_batch.bin']);
  expect(dataset.source).not.toContain(tmpdir());
});

test('cifar10 without training images opens for evaluation and says so', async () => {
  writeFileSync(join(folder, 'batches.meta.txt'), tenNames);
  writeFileSync(join(folder, 'test_batch.bin'), record(9, 99));
  const said: string[] = [];
  const dataset = await openDataset(`cifar10:${folder}`, { onProgress: (line) => said.push(line) });
  expect([dataset.train.count, dataset.test.count]).toEqual([0, 1]);
  expect(said.join()).toContain('holds no training images of cifar10');
});

test('a label without a class is refused', async () => {
  writeFileSync(join(folder, 'batches.meta.txt'), tenNames);
  writeFileSync(join(folder, 'test_batch.bin'), Buffer.concat([record(9, 0), record(10, 0)]));
  await expect(openDataset(`cifar10:${folder}`)).rejects.toMatchObject({
    code: 'FILE_CORRUPT',
    message: expect.stringContaining('image 1 has label 10, allowed 0 to 9'),
  });
});

test.each([
  ['nothing', 'DATASET_UNKNOWN', 'allowed: fashion-mnist, cifar10, cifar100, folder'],
  ['toString', 'DATASET_UNKNOWN', 'unknown data set "toString"'],
  ['cifar100:', 'FOLDER_MISSING', 'names no folder after the colon'],
  ['cifar100:/nowhere/at/all', 'FOLDER_MISSING', 'there is none at /nowhere/at/all'],
])('%s is refused in one line', async (spec, code, text) => {
  const refusal = expect.objectContaining({ code, message: expect.stringContaining(text) });
  await expect(openDataset(spec)).rejects.toEqual(refusal);
});

test('a missing file is named', async () => {
  await expect(openDataset(`cifar100:${folder}`)).rejects.toMatchObject({
    code: 'FILE_MISSING',
    message: expect.stringContaining('fine_label_names.txt'),
  });
});

test('Fashion-MNIST with wrong content is refused by its checksum, and nothing is cached', async () => {
  for (const name of ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte', 't10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte'])
    writeFileSync(join(folder, name), 'not it');
  const cacheDir = join(folder, 'cache');
  await expect(openDataset(`fashion-mnist:${folder}`, { cacheDir })).rejects.toMatchObject({
    code: 'FILE_CORRUPT',
    message: expect.stringContaining('expected SHA-256 c59f468a'),
  });
  expect(existsSync(cacheDir)).toBe(false);
});

test('a damaged gzip file is refused', async () => {
  writeFileSync(join(folder, 'train-images-idx3-ubyte.gz'), Buffer.from([0x1f, 0x8b, 8, 0, 0]));
  await expect(openDataset(`fashion-mnist:${folder}`)).rejects.toMatchObject({
    code: 'FILE_CORRUPT',
    message: expect.stringContaining('train-images-idx3-ubyte.gz is no whole gzip file'),
  });
  expect(readdirSync(folder)).toEqual(['train-images-idx3-ubyte.gz']);
});

const shared = join(import.meta.dirname, '../../../shared/datasets');
test.skipIf(!existsSync(shared))('real CIFAR files beside the repository (skipped where ../shared/datasets is missing)', async () => {
  const cifar100 = await openDataset(`cifar100:${join(shared, 'cifar-100-binary')}`);
  expect([cifar100.train.count, cifar100.test.count, cifar100.labels.length]).toEqual([50_000, 5_000, 100]);
  const perClass = new Array<number>(100).fill(0);
  for (const label of cifar100.train.labels) perClass[label]++;
  expect(new Set(perClass)).toEqual(new Set([500]));
  const cifar10 = await openDataset(`cifar10:${join(shared, 'cifar-10-batches-bin')}`);
  expect([cifar10.train.count, cifar10.test.count, cifar10.labels[0]]).toEqual([0, 10_000, 'airplane']);
});

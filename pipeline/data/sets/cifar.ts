import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { writeFileAtomic } from '../../support/atomic-write.ts';
import { sha256 } from '../../support/sha256.ts';
import { CIFAR_SIZE, parseCifar } from './cifar-binary.ts';
import type { DatasetDefinition, ImageSet } from './dataset.ts';
import { DatasetError } from './dataset-error.ts';
import { readIfThere, requireFolder, unpackGzip } from './files.ts';
import { downloadBytes } from './http-download.ts';
import { requireLabels } from './image-set.ts';
import { readTar } from './tar.ts';

interface CifarVariant {
  name: 'cifar10' | 'cifar100';
  labelBytes: 1 | 2;
  classCount: number;
  trainFiles: RegExp;
  testFile: string;
  labelsFile: string;
  archive: string;
  /** MD5 of the archive, as published beside it. */
  archiveMd5: string;
}

const ORIGINAL_URL = 'https://www.cs.toronto.edu/~kriz';

/** CIFAR-10 (A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009), binary version. */
export const cifar10 = cifar({
  name: 'cifar10',
  labelBytes: 1,
  classCount: 10,
  trainFiles: /^data_batch_\d+\.bin$/,
  testFile: 'test_batch.bin',
  labelsFile: 'batches.meta.txt',
  archive: 'cifar-10-binary.tar.gz',
  archiveMd5: 'c32a1d4ab5d03f1284b67883e8d87530',
});

/** CIFAR-100 with its fine labels, binary version. */
export const cifar100 = cifar({
  name: 'cifar100',
  labelBytes: 2,
  classCount: 100,
  trainFiles: /^train\.bin$/,
  testFile: 'test.bin',
  labelsFile: 'fine_label_names.txt',
  archive: 'cifar-100-binary.tar.gz',
  archiveMd5: '03b5dce01913d631647c71ecec9e9cb8',
});

/** Definition of a CIFAR set: from a local folder, else from the cache, else from the author's server into the cache. */
function cifar(variant: CifarVariant): DatasetDefinition {
  return {
    async open(folder, { cacheDir, onProgress }) {
      const source = folder ?? join(cacheDir, 'datasets', variant.name);
      if (folder !== null) await requireFolder(folder);
      else if (!(await readIfThere(source, variant.testFile))) await fetchOriginal(variant, source, onProgress);

      const checksums: Record<string, string> = {};
      const read = async (name: string) => {
        const bytes = await readIfThere(source, name);
        if (!bytes)
          throw new DatasetError('FILE_MISSING', `${source} holds no ${name}, which ${variant.name} in its binary layout expects`);
        checksums[name] = sha256(bytes);
        return { name: join(source, name), bytes };
      };
      const labels = Buffer.from((await read(variant.labelsFile)).bytes)
        .toString('utf8')
        .split('\n')
        .map((line) => line.trim())
        .filter(Boolean);
      if (labels.length !== variant.classCount)
        throw new DatasetError(
          'FILE_CORRUPT',
          `${join(source, variant.labelsFile)} names ${labels.length} classes, expected ${variant.classCount}`,
        );

      const test = parseCifar([await read(variant.testFile)], variant.labelBytes);
      const trainNames = (await readdir(source)).filter((name) => variant.trainFiles.test(name)).sort();
      if (trainNames.length === 0) onProgress(`${source} holds no training images of ${variant.name}: only its test set can be used`);
      const trainFiles = [];
      for (const name of trainNames) trainFiles.push(await read(name));
      const train: ImageSet = parseCifar(trainFiles, variant.labelBytes);
      for (const [set, name] of [
        [test, variant.testFile],
        [train, trainNames.join(', ')],
      ] as const)
        requireLabels(set, variant.classCount, join(source, name));
      return {
        name: variant.name,
        labels,
        height: CIFAR_SIZE,
        width: CIFAR_SIZE,
        channels: 3,
        train,
        test,
        checksums,
        source: folder === null ? `${ORIGINAL_URL}/${variant.archive}` : 'local folder',
      };
    },
  };
}

async function fetchOriginal(variant: CifarVariant, folder: string, onProgress: (line: string) => void): Promise<void> {
  const url = `${ORIGINAL_URL}/${variant.archive}`;
  let archive: Uint8Array;
  try {
    archive = await downloadBytes(url, onProgress);
  } catch (error) {
    throw new DatasetError(
      'SOURCE_UNREACHABLE',
      `${(error as Error).message}. With its files in a folder, use ${variant.name}:/that/folder`,
    );
  }
  const md5 = createHash('md5').update(archive).digest('hex');
  if (md5 !== variant.archiveMd5)
    throw new DatasetError('FILE_CORRUPT', `${url} came damaged: expected MD5 ${variant.archiveMd5}, came ${md5}`);
  const wanted = [...readTar(await unpackGzip(archive, variant.archive), variant.archive)].map(
    ([path, bytes]) => [basename(path), bytes] as const,
  );
  mkdirSync(folder, { recursive: true });
  // The test file last: while it is missing, the next run fetches again.
  wanted.sort(([a], [b]) => Number(a === variant.testFile) - Number(b === variant.testFile));
  for (const [name, bytes] of wanted) {
    if (variant.trainFiles.test(name) || name === variant.testFile || name === variant.labelsFile)
      writeFileAtomic(join(folder, name), bytes);
  }
  onProgress(`${variant.name}: ${url}, checksum matches, kept in ${folder}`);
}

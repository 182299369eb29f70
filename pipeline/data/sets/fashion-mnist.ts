import { mkdtemp, rm } from 'node:fs/promises';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFileAtomic } from '../../support/atomic-write.ts';
import { sha256 } from '../../support/sha256.ts';
import type { Dataset, DatasetDefinition, ImageSet } from './dataset.ts';
import { DatasetError } from './dataset-error.ts';
import { unpackDebianPackage } from './debian-package.ts';
import { readIfThere, requireFolder, unpackGzip } from './files.ts';
import { downloadBytes } from './http-download.ts';
import { parseIdx } from './idx.ts';
import { imagesInMemory } from './image-source.ts';
import { requireLabels, toShared } from './image-set.ts';

/**
 * SHA-256 of the unpacked files: Debian repacks them (without the name in gzip's header), so packed files differ
 * between sources while their content does not.
 */
const CHECKSUMS: Readonly<Record<string, string>> = {
  'train-images-idx3-ubyte': 'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
  'train-labels-idx1-ubyte': 'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
  't10k-images-idx3-ubyte': '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
  't10k-labels-idx1-ubyte': '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
};

const LABELS = ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'];

const NOTE =
  'The images show one piece of clothing each, light on black, filling the frame. A photograph on a white ground is the negative of that, and answers to it are often wrong: invert it first.';

const DEBIAN_PACKAGE = 'dataset-fashion-mnist';
const DEBIAN_FOLDER = '/usr/share/datasets/fashion-mnist';

/** The authors' own places: their repository, and the bucket that their README names. */
const ORIGINAL_URLS = [
  'https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion',
  'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com',
];

/** File in the cache that names the files' origin, for provenance. */
const SOURCE_FILE = 'source.txt';

type Files = Map<string, Uint8Array>;

/**
 * Fashion-MNIST (H. Xiao, K. Rasul, R. Vollgraf, arXiv 1708.07747): 60,000 + 10,000 grey photographs of 28×28, 10 classes.
 * Sources in order: the cache; Debian's package, installed or fetched with the package lists that are there; the
 * authors' servers; Debian's package with fresh package lists. What is fetched is checked, then cached.
 */
export const fashionMnist: DatasetDefinition = {
  async open(folder, { cacheDir, onProgress }) {
    if (folder !== null) {
      await requireFolder(folder);
      return build(await readFolder(folder), 'local folder');
    }
    const cache = join(cacheDir, 'datasets', 'fashion-mnist');
    const refused: string[] = [];
    for (const { source, read } of sources(cache, onProgress)) {
      try {
        const files = await read();
        if (source !== cache) {
          onProgress(`Fashion-MNIST: ${source}, checksums match, kept in ${cache}`);
          mkdirSync(cache, { recursive: true });
          for (const [name, bytes] of files) writeFileAtomic(join(cache, name), bytes);
          writeFileAtomic(join(cache, SOURCE_FILE), source);
        }
        return build(files, source === cache ? await cachedFrom(cache) : source);
      } catch (error) {
        if (!(error instanceof DatasetError)) throw error;
        if (source === cache && error.code === 'FILE_MISSING') continue;
        refused.push(`${source} (${error.message})`);
        onProgress(`Fashion-MNIST: not from ${source}: ${error.message}`);
      }
    }
    throw new DatasetError(
      'SOURCE_UNREACHABLE',
      `Fashion-MNIST could not be had from ${refused.length} sources: ${refused.join('; ')}. With the four files in a folder, use fashion-mnist:/that/folder`,
    );
  },
};

function sources(cache: string, onProgress: (line: string) => void): { source: string; read: () => Promise<Files> }[] {
  const debian = (lists: 'system' | 'private') => async () => {
    const workDir = await mkdtemp(join(tmpdir(), 'sld-edge-debian-'));
    try {
      return await readFolder(join(await unpackDebianPackage(DEBIAN_PACKAGE, workDir, lists, onProgress), DEBIAN_FOLDER));
    } finally {
      await rm(workDir, { recursive: true, force: true });
    }
  };
  const original = (url: string) => async () => {
    const files: Files = new Map();
    for (const name of Object.keys(CHECKSUMS))
      files.set(name, await unpackGzip(await downloadBytes(`${url}/${name}.gz`, onProgress), `${name}.gz`));
    return checked(files);
  };
  return [
    { source: cache, read: () => readFolder(cache) },
    { source: DEBIAN_FOLDER, read: () => readFolder(DEBIAN_FOLDER) },
    { source: `Debian's package ${DEBIAN_PACKAGE}`, read: debian('system') },
    ...ORIGINAL_URLS.map((url) => ({ source: url, read: original(url) })),
    { source: `Debian's package ${DEBIAN_PACKAGE} with fresh package lists`, read: debian('private') },
  ];
}

async function cachedFrom(cache: string): Promise<string> {
  const source = await readIfThere(cache, SOURCE_FILE);
  return source ? Buffer.from(source).toString('utf8') : 'cache';
}

/** The four files of a folder, unpacked: each as `<name>` or `<name>.gz`. */
async function readFolder(folder: string): Promise<Files> {
  const files: Files = new Map();
  for (const name of Object.keys(CHECKSUMS)) {
    const raw = await readIfThere(folder, name);
    const packed = raw ? null : await readIfThere(folder, `${name}.gz`);
    if (!raw && !packed) throw new DatasetError('FILE_MISSING', `${folder} holds neither ${name} nor ${name}.gz`);
    files.set(name, raw ?? (await unpackGzip(packed!, join(folder, `${name}.gz`))));
  }
  return checked(files, folder);
}

function checked(files: Files, folder = ''): Files {
  for (const [name, bytes] of files) {
    const found = sha256(bytes);
    if (found !== CHECKSUMS[name])
      throw new DatasetError(
        'FILE_CORRUPT',
        `${join(folder, name)} is not Fashion-MNIST's: expected SHA-256 ${CHECKSUMS[name]}, came ${found}`,
      );
  }
  return files;
}

function build(files: Files, source: string): Dataset {
  const set = (part: 'train' | 't10k'): ImageSet => {
    const images = parseIdx(files.get(`${part}-images-idx3-ubyte`)!, `${part}-images-idx3-ubyte`, 3);
    const labels = parseIdx(files.get(`${part}-labels-idx1-ubyte`)!, `${part}-labels-idx1-ubyte`, 1);
    const result = {
      count: images.dimensions[0],
      images: imagesInMemory(toShared(images.data), images.dimensions[1] * images.dimensions[2]),
      labels: Uint16Array.from(labels.data),
    };
    requireLabels(result, LABELS.length, `${part}-labels-idx1-ubyte`);
    return result;
  };
  return {
    name: 'fashion-mnist',
    labels: [...LABELS],
    height: 28,
    width: 28,
    channels: 1,
    train: set('train'),
    test: set('t10k'),
    checksums: { ...CHECKSUMS },
    source,
    note: NOTE,
  };
}

/** A folder of PNG files of ten classes of CIFAR-100: a hundred training images of each, and all of its test images. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { openDataset, type ImageSet } from '../../pipeline/data/sets/index.ts';
import { say } from '../../pipeline/support/say.ts';
import type { WrittenImages } from './debian.ts';

const CLASSES = ['apple', 'bicycle', 'bus', 'chair', 'clock', 'cloud', 'dolphin', 'elephant', 'forest', 'lion'];
const TRAIN = 100;

/** @param data `cifar100`, or `cifar100:FOLDER` */
export async function writeCifarClasses(out: string, data: string): Promise<WrittenImages> {
  const { labels, width, height, train, test } = await openDataset(data, { onProgress: say });
  const write = async (split: string, set: ImageSet, limit: number): Promise<number> => {
    const counts = new Map(CLASSES.map((name) => [name, 0]));
    for (const name of CLASSES) await mkdir(join(out, split, name), { recursive: true });
    for (let i = 0; i < set.count; i++) {
      const name = labels[set.labels[i]];
      const before = counts.get(name);
      if (before === undefined || before === limit) continue;
      counts.set(name, before + 1);
      await sharp(set.images.image(i), { raw: { width, height, channels: 3 } }).toFile(
        join(out, split, name, `${String(before).padStart(3, '0')}.png`),
      );
    }
    return [...counts.values()].reduce((sum, count) => sum + count, 0);
  };
  return { classes: CLASSES.length, train: await write('train', train, TRAIN), test: await write('test', test, Infinity) };
}

/**
 * `npm run bench:photographs`: a folder of photographs at natural sizes to try transfer on, cut from a wallpaper package of Debian.
 * Each photograph is a class. Training crops come from its left part and test crops from its right part, so that no pixel is in both.
 */
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, parse } from 'node:path';
import sharp from 'sharp';
import { createRandom, type Random } from '../pipeline/data/augmentation/random.ts';
import { unpackDebianPackage } from '../pipeline/data/sets/debian-package.ts';
import { say } from '../pipeline/support/say.ts';
import { path, whole } from '../pipeline/support/value.ts';
import { benchSetting, runBench } from './command.ts';

/** CC-BY-SA and GPL photographs; `debian/copyright` of the package names their authors. */
const PACKAGE = 'mate-backgrounds';
const FOLDER = 'usr/share/backgrounds/mate/nature';
/** End of the training part, as a share of the width. */
const BORDER = 0.72;
/** Sides of crops in pixels; smaller where the part is. */
const LEAST = 300;
const MOST = 620;

const settings = {
  out: { ...benchSetting, ...path('photographs'), help: 'the folder, with train/ and test/', isFirst: true },
  train: { ...benchSetting, ...whole(110, { from: 3 }), help: 'training crops of each photograph', unit: 'images' },
  test: { ...benchSetting, ...whole(30, { from: 1 }), help: 'test crops of each photograph', unit: 'images' },
} as const;

await runBench({
  name: 'bench:photographs',
  summary: `Cuts photographs of Debian's ${PACKAGE} into a folder of training and test crops of disjoint regions.`,
  settings,
  async run({ values: { out, train, test } }) {
    const work = await mkdtemp(join(tmpdir(), 'sld-edge-photographs-'));
    try {
      const folder = join(await unpackDebianPackage(PACKAGE, work, 'system', say), FOLDER);
      const files = (await readdir(folder)).filter((name) => name.endsWith('.jpg')).sort();
      for (const [i, file] of files.entries()) {
        await cut(join(folder, file), join(out, 'train', parse(file).name), train, [0, BORDER], createRandom(i, 0));
        await cut(join(folder, file), join(out, 'test', parse(file).name), test, [BORDER, 1], createRandom(i, 1));
      }
      say(`${files.length} classes, ${files.length * train} training and ${files.length * test} test crops in ${out}`);
    } finally {
      await rm(work, { recursive: true });
    }
  },
});

/** Squares of random sides at random places within a part of the picture's width. */
async function cut(file: string, folder: string, count: number, [from, to]: [number, number], random: Random): Promise<void> {
  const { width, height } = await sharp(file).metadata();
  const [start, end] = [Math.ceil(from * width), Math.floor(to * width)];
  const largest = Math.min(MOST, end - start, height);
  await mkdir(folder, { recursive: true });
  for (let i = 0; i < count; i++) {
    const least = Math.min(LEAST, largest);
    const side = least + random.integer(largest - least + 1);
    const left = start + random.integer(end - start - side + 1);
    const top = random.integer(height - side + 1);
    await sharp(file)
      .extract({ left, top, width: side, height: side })
      .jpeg({ quality: 90 })
      .toFile(join(folder, `${String(i).padStart(3, '0')}.jpg`));
  }
}

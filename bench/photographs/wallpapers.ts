/**
 * Crops of photographs of a wallpaper package of Debian, at natural sizes. Each photograph is a class. Training crops come from
 * its left part and test crops from its right part, so that no pixel is in both.
 */
import { mkdir, readdir } from 'node:fs/promises';
import { join, parse } from 'node:path';
import sharp from 'sharp';
import { createRandom, type Random } from '../../pipeline/data/augmentation/random.ts';
import { withDebianPackage, type WrittenImages } from './debian.ts';

/** CC-BY-SA and GPL photographs; `debian/copyright` of the package names their authors. */
const PACKAGE = 'mate-backgrounds';
const FOLDER = 'usr/share/backgrounds/mate/nature';
/** End of the training part, as a share of the width. */
const BORDER = 0.72;
/** Sides of crops in pixels; smaller where the part is. */
const LEAST = 300;
const MOST = 620;
/** Crops of each photograph. */
const TRAIN = 110;
const TEST = 30;

/** @param out the folder, with train/ and test/ */
export async function writeWallpapers(out: string): Promise<WrittenImages> {
  return withDebianPackage(PACKAGE, async (unpacked) => {
    const folder = join(unpacked, FOLDER);
    const files = (await readdir(folder)).filter((name) => name.endsWith('.jpg')).sort();
    for (const [i, file] of files.entries()) {
      await cut(join(folder, file), join(out, 'train', parse(file).name), TRAIN, [0, BORDER], createRandom(i, 0));
      await cut(join(folder, file), join(out, 'test', parse(file).name), TEST, [BORDER, 1], createRandom(i, 1));
    }
    return { classes: files.length, train: files.length * TRAIN, test: files.length * TEST };
  });
}

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

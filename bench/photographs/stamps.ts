/**
 * Photographs among the stamps of Tux Paint (Debian's package, GPL-2): five kinds of things on white ground, without cartoons.
 * A fifth of each class is for testing.
 */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { shuffle } from '../../pipeline/data/augmentation/shuffle.ts';
import { withDebianPackage, type WrittenImages } from './debian.ts';

const PACKAGE = 'tuxpaint-stamps-default';
const FOLDER = 'usr/share/tuxpaint/stamps';
const CLASSES = ['animals', 'food', 'household', 'plants', 'town'];
const DRAWN = 'cartoon';
/** Number of parts of which each tests once. */
export const FOLDS = 5;
const SEED = 1;

/** @param fold the part that tests, from 1 to 5 */
export async function writeStamps(out: string, fold: number): Promise<WrittenImages> {
  return withDebianPackage(PACKAGE, async (unpacked) => {
    const written = { classes: CLASSES.length, train: 0, test: 0 };
    for (const [label, name] of CLASSES.entries()) {
      const folder = join(unpacked, FOLDER, name);
      const files = (await readdir(folder, { recursive: true }))
        .filter((file) => file.endsWith('.png') && !file.split('/').includes(DRAWN))
        .sort();
      for (const split of ['train', 'test']) await mkdir(join(out, split, name), { recursive: true });
      for (const [i, at] of shuffle(files.length, SEED, label).entries()) {
        const file = files[at];
        const split = i % FOLDS === fold - 1 ? 'test' : 'train';
        await sharp(join(folder, file))
          .flatten({ background: 'white' })
          .toFile(join(out, split, name, file.replaceAll('/', '-')));
        written[split]++;
      }
    }
    return written;
  });
}

/**
 * The pictures that the shipped package of photographs carries: squares of wallpapers of a Debian package, called after what
 * they show, and the licence of each beside them.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { withDebianPackage, type WrittenImages } from './debian.ts';

const PACKAGE = 'lomiri-wallpapers-16.04';
const FOLDER = 'usr/share/backgrounds';
/** Side of the files in pixels. */
const SIDE = 512;

const CC_BY = 'CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/)';
const CC0 = 'CC0 1.0 (https://creativecommons.org/publicdomain/zero/1.0/)';

interface Square {
  name: string;
  file: string;
  /** Left and upper edge, as shares of width and height; side, as a share of the width. */
  at: [left: number, top: number, side: number];
  by: string;
  licence: string;
}

/** Only what may be passed on with changes under terms that need no more than names: no share-alike. */
const SQUARES: readonly Square[] = [
  { name: 'dog', file: 'friends_by_Aitzol_Berasategi.jpg', at: [0.16, 0.18, 0.52], by: 'Aitzol Berasategi', licence: CC_BY },
  { name: 'fig', file: 'Picture_0B_by_freespace.jpg', at: [0.34, 0.24, 0.42], by: 'Trevor "Freespace"', licence: CC_BY },
  { name: 'brushes', file: 'Picture_1A_by_freespace.jpg', at: [0.1, 0.02, 0.65], by: 'Trevor "Freespace"', licence: CC_BY },
  { name: 'drum', file: 'Wine_by_Jakkub_Mede.jpg', at: [0.04, 0.42, 0.58], by: 'Jakub Mede', licence: CC_BY },
  { name: 'dandelion', file: 'seeding_by_Clements_Engelhardt.jpg', at: [0.05, 0.05, 0.5], by: 'Clemens Engelhardt', licence: CC0 },
  { name: 'mountain', file: 'picosdeeuropa_by_Aitzol_Berasategi.jpg', at: [0.3, 0.05, 0.7], by: 'Aitzol Berasategi', licence: CC_BY },
  { name: 'autumn', file: 'aitzgorri_by_Aitzol_Berasategi.jpg', at: [0.2, 0, 0.65], by: 'Aitzol Berasategi', licence: CC_BY },
  { name: 'brook', file: 'life_by_Aitzol_Berasategi.jpg', at: [0.2, 0, 0.65], by: 'Aitzol Berasategi', licence: CC_BY },
];

export async function writeSamples(out: string): Promise<WrittenImages> {
  await mkdir(out, { recursive: true });
  return withDebianPackage(PACKAGE, async (unpacked) => {
    for (const [
      i,
      {
        name,
        file,
        at: [left, top, share],
      },
    ] of SQUARES.entries()) {
      const picture = sharp(join(unpacked, FOLDER, file));
      const { width, height } = await picture.metadata();
      const side = Math.round(share * width);
      await picture
        .extract({ left: Math.round(left * width), top: Math.round(top * height), width: side, height: side })
        .resize(SIDE, SIDE)
        .png()
        .toFile(join(out, `${i}-${name}.png`));
    }
    await writeFile(join(out, 'LICENSE'), licenceText());
    return { classes: 0, train: 0, test: SQUARES.length };
  });
}

const licenceText = (): string =>
  [
    `The samples, and the golden images made of them, are squares of photographs of Debian's package ${PACKAGE}, made smaller.`,
    'Their authors and licences, as its copyright file states them:',
    '',
    ...SQUARES.map(({ name, file, by, licence }) => `${name}: ${file}, by ${by}, 2018, ${licence}`),
    '',
  ].join('\n');

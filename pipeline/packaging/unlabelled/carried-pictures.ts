/** The pictures that a package of somebody's weights carries: its samples, of which its goldens are chosen too. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, parse } from 'node:path';
import sharp from 'sharp';
import type { Preprocessing } from '@sld-edge/runtime';
import { decodeFile, fitTo } from '../../data/sets/folder/read-image.ts';
import type { Pictures } from '../../data/sets/pictures.ts';
import { roomForSamples, sampleFile } from '../make-samples.ts';

const JPEG_QUALITY = 90;
const LICENCE_FILES = ['LICENSE', 'LICENSE.md', 'LICENSE.txt'];

export interface CarriedSample {
  /** Path in the package. */
  file: string;
  label: string;
  jpeg: Uint8Array;
}

/**
 * Pictures as the network gets them before its crop, by the names of their files, which say what they show.
 * @param indices of the pictures that may be carried
 */
export async function carriedSamples(
  pictures: Pictures,
  indices: readonly number[],
  { height, width, cropRatio = 1 }: Preprocessing,
): Promise<CarriedSample[]> {
  const [tall, wide] = [height, width].map((side) => Math.round(side / cropRatio));
  const files = indices.map(pictures.fileOf).sort();
  return Promise.all(
    files.slice(0, roomForSamples(tall * wide * 3)).map(async (file, i) => {
      const { image } = await decodeFile(file);
      const raw = { width: wide, height: tall, channels: 3 as const };
      const jpeg = await sharp(fitTo(image, tall, wide, 1), { raw })
        .jpeg({ quality: JPEG_QUALITY, chromaSubsampling: '4:4:4' })
        .toBuffer();
      const label = labelOf(file);
      return { file: sampleFile(i, label, 'jpg'), label, jpeg };
    }),
  );
}

/** `two-dogs` of `3-two-dogs.jpg`, in words. */
const labelOf = (file: string): string =>
  parse(file)
    .name.replace(/^\d+[-_. ]+/, '')
    .replaceAll(/[-_]+/g, ' ');

/** The licence that lies beside the pictures, and goes with them; undefined if there is none. */
export function licenceOf(pictures: Pictures): { file: string; text: string } | undefined {
  const folder = dirname(pictures.fileOf(0));
  const path = LICENCE_FILES.map((name) => join(folder, name)).find((candidate) => existsSync(candidate));
  return path === undefined ? undefined : { file: `samples/${basename(path)}`, text: readFileSync(path, 'utf8') };
}

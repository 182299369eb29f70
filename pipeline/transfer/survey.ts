/** A first look at a folder of pictures, by the headers of some: nothing is decoded. */
import { realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULT_LIMITS, inspectImage } from '@sld-edge/runtime';
import { imagePathOf, SPLITS, type ImageList } from '../data/sets/folder/image-list.ts';
import { listFolder } from '../data/sets/folder/list-folder.ts';
import { requireFolder } from '../data/sets/files.ts';

export interface Survey {
  images: number;
  /** As they will be split, but for rounding. */
  counts: { train: number; validation: number; test: number; unlabelled: number };
  classes: number;
  /** Median over the pictures that were looked at, in pixels. */
  shorterSide: number;
  /** Median of width · height. */
  pixels: number;
}

/** Files whose headers are read, evenly spaced. */
const LOOKED_AT = 100;
const LIMITS = { ...DEFAULT_LIMITS, maxBytes: 256 * 1024 * 1024 };

/** @throws DatasetError for a folder that is no data set; Error where none of the files that were looked at is a picture */
export async function surveyFolder(path: string): Promise<Survey> {
  await requireFolder(path);
  const list = listFolder(realpathSync(path), () => {});
  const step = Math.max(1, list.count / LOOKED_AT);
  const sides: number[] = [];
  const areas: number[] = [];
  for (let at = 0; at < list.count; at += step) {
    const size = await sizeOf(join(list.root, imagePathOf(list, Math.floor(at))));
    if (!size) continue;
    sides.push(Math.min(size.width, size.height));
    areas.push(size.width * size.height);
  }
  if (sides.length === 0) throw new Error(`none of the files of ${path} that were looked at is a picture that can be read`);
  return { images: list.count, counts: countsOf(list), classes: list.labels.length, shorterSide: median(sides), pixels: median(areas) };
}

/** Tenths of what is undecided, and of the training images where there are no others, are held out. */
function countsOf({ splitOf }: ImageList): Survey['counts'] {
  const [train, validation, test, undecided, unlabelled] = SPLITS.map((_, split) =>
    splitOf.reduce((sum, own) => sum + (own === split ? 1 : 0), 0),
  );
  const all = train + undecided;
  const held = Math.round(all / 10);
  const counts = { validation: validation || held, test: test || held, unlabelled };
  return { train: all - (validation ? 0 : held) - (test ? 0 : held), ...counts };
}

/** Undefined where it can't be read: the decoder will say why. */
async function sizeOf(path: string): Promise<{ width: number; height: number } | undefined> {
  try {
    return inspectImage(await readFile(path), LIMITS);
  } catch {
    return undefined;
  }
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

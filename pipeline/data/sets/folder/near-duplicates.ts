/** Validation and test images that look almost like an image of another split: frames of one film, edited copies, series. */
import type { RgbImage } from '@sld-edge/runtime';
import type { DecodedIndex } from './decoded-record.ts';
import { likeness, outlineDistance, smallGrey } from './outline.ts';

/**
 * Largest number of different bits among the 64 of an outline. One band of 16 bits is then surely equal, so that candidates are found by
 * equal bands.
 */
const MOST_BITS_APART = 3;
const BANDS = 4;
const BAND_VALUES = 2 ** 16;
/** Images with one band in common that are looked at; more of them are plain grounds, not copies. */
const MOST_CANDIDATES = 2000;
/** Number of those whose pixels are compared. */
const MOST_COMPARED = 64;
/** Correlation of two pictures of 16x16 grey levels from which they are almost alike; brightness and contrast have no say. */
const LEAST_LIKENESS = 0.99;
const EXAMPLES = 3;

export interface NearDuplicates {
  /** Validation images like a training image, and test images like a training or validation image; exact copies do not count. */
  count: number;
  /** Positions in the list: the held-out image, the one that it looks like. */
  examples: [number, number][];
}

/**
 * @param pixelsOf the stored pixels of an image; only read until the next call
 * @param splits positions in the list
 */
export function findNearDuplicates(
  index: DecodedIndex,
  pixelsOf: (image: number) => RgbImage,
  { train, validation, test }: Record<'train' | 'validation' | 'test', Uint32Array>,
): NearDuplicates {
  const found: NearDuplicates = { count: 0, examples: [] };
  if (validation.length + test.length === 0) return found;
  for (const [held, others] of [
    [validation, [train]],
    [test, [train, validation]],
  ] as const) {
    const bands = others.map((set) => bandsOf(index, set));
    for (const image of held) {
      const like = bands.map((table) => alike(index, pixelsOf, image, table)).find((other) => other !== undefined);
      if (like === undefined) continue;
      found.count++;
      if (found.examples.length < EXAMPLES) found.examples.push([image, like]);
    }
  }
  return found;
}

/** Images sorted by the value of one band: those of value v lie from `starts[v]` to before `starts[v + 1]`. */
interface BandTable {
  starts: Uint32Array;
  images: Uint32Array;
}

const bandOf = ([high, low]: readonly [number, number], band: number): number =>
  ((band < 2 ? high : low) >>> (band % 2 === 0 ? 16 : 0)) & 0xffff;

const isPlain = ([high, low]: readonly [number, number]): boolean => high === 0 && low === 0;

function bandsOf(index: DecodedIndex, images: Uint32Array): BandTable[] {
  const outlined = images.filter((image) => !isPlain(index.outline(image)));
  return Array.from({ length: BANDS }, (_, band) => {
    const starts = new Uint32Array(BAND_VALUES + 1);
    for (const image of outlined) starts[bandOf(index.outline(image), band) + 1]++;
    for (let value = 0; value < BAND_VALUES; value++) starts[value + 1] += starts[value];
    const next = starts.slice();
    const sorted = new Uint32Array(outlined.length);
    for (const image of outlined) sorted[next[bandOf(index.outline(image), band)]++] = image;
    return { starts, images: sorted };
  });
}

function alike(index: DecodedIndex, pixelsOf: (image: number) => RgbImage, image: number, bands: BandTable[]): number | undefined {
  const outline = index.outline(image);
  if (isPlain(outline)) return undefined;
  let own: Float64Array | undefined;
  let compared = 0;
  for (const [band, { starts, images }] of bands.entries()) {
    const value = bandOf(outline, band);
    const end = Math.min(starts[value + 1], starts[value] + MOST_CANDIDATES);
    for (let at = starts[value]; at < end; at++) {
      const other = images[at];
      if (
        outlineDistance(outline, index.outline(other)) > MOST_BITS_APART ||
        Buffer.compare(index.pixelsSha256(image), index.pixelsSha256(other)) === 0
      )
        continue;
      if (compared++ === MOST_COMPARED) return undefined;
      own ??= smallGrey(pixelsOf(image));
      if (likeness(own, smallGrey(pixelsOf(other))) >= LEAST_LIKENESS) return other;
    }
  }
  return undefined;
}

/**
 * A picture's outline in 64 bits (difference hash): shrunk to 9x8 grey levels, a bit for each pixel that is lighter than its
 * right neighbour. It survives recompression, small crops and changes of brightness: pictures that differ in few bits look alike.
 */
import { preprocessToPixels, type RgbImage } from '@sld-edge/runtime';

export const OUTLINE_BYTES = 8;

const SIDE = 8;
/** Neighbours that differ by fewer grey levels are noise ... */
const LEAST_STEP = 3;
/** ... and a picture where fewer of the 64 differ by more has no outline: a plain ground would be like any other. */
const FEWEST_STEPS = 24;

/** @returns `OUTLINE_BYTES`; zeros where the picture is too plain to have an outline */
export function outlineOf(image: RgbImage): Uint8Array {
  const grey = preprocessToPixels(image, {
    height: SIDE,
    width: SIDE + 1,
    channels: 1,
    fit: 'stretch',
    filter: 'triangle',
    mean: [],
    std: [],
  });
  const outline = new Uint8Array(OUTLINE_BYTES);
  let steps = 0;
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const step = grey[y * (SIDE + 1) + x] - grey[y * (SIDE + 1) + x + 1];
      if (Math.abs(step) >= LEAST_STEP) steps++;
      if (step > 0) outline[y] |= 0x80 >> x;
    }
  }
  return steps < FEWEST_STEPS ? new Uint8Array(OUTLINE_BYTES) : outline;
}

/** 16x16 grey levels of mean 0 and length 1. */
export function smallGrey(image: RgbImage): Float64Array {
  const grey = preprocessToPixels(image, { height: 16, width: 16, channels: 1, fit: 'stretch', filter: 'triangle', mean: [], std: [] });
  const mean = grey.reduce((sum, level) => sum + level, 0) / grey.length;
  const centred = Float64Array.from(grey, (level) => level - mean);
  const length = Math.hypot(...centred) || 1;
  return centred.map((level) => level / length);
}

/** Correlation, -1 to 1, of two pictures as {@link smallGrey} gives them. */
export function likeness(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, level, i) => sum + level * b[i], 0);
}

/** Number of the 64 bits in which two outlines differ. */
export function outlineDistance([a, b]: readonly [number, number], [c, d]: readonly [number, number]): number {
  return bitCount(a ^ c) + bitCount(b ^ d);
}

/** Ones among 32 bits. */
function bitCount(bits: number): number {
  let v = bits - ((bits >>> 1) & 0x55555555);
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

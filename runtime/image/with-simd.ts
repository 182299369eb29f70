/** Resizing and preprocessing with WebAssembly's SIMD where there is any: the same integers as without, sooner. */
import type { Preprocessing } from '../package/manifest.ts';
import { preprocessBy } from './preprocess.ts';
import { resizeBy, type Box } from './resize.ts';
import type { RgbImage } from './rgb-image.ts';
import { simdPasses } from './simd/resample.ts';

export interface ResizeOptions {
  /** Use SIMD (the default). The result is the same either way, to the last bit. */
  simd?: boolean;
}

/** Resamples an image, or a box of it, as `resizeBy` says. */
export function resize(image: RgbImage, width: number, height: number, box?: Box, { simd = true }: ResizeOptions = {}): RgbImage {
  return resizeBy(simd ? simdPasses : null, image, width, height, box);
}

/** Makes the network's input pixels of a decoded image as `preprocessBy` says: `[height, width, channels]`. */
export function preprocessToPixels(image: RgbImage, preprocessing: Preprocessing): Uint8Array {
  return preprocessBy(simdPasses, image, preprocessing);
}

/** What the integer variant is calibrated on: training images, as pixels, and how the network sees them. */
import type { Preprocessing } from '@sld-edge/runtime';
import type { ImageSet } from '../../datasets/index.ts';
import type { IntegerScope } from '../../networks/operations/integer-def.ts';

/** Images to calibrate on unless another number is asked for. */
export const CALIBRATION_IMAGES = 512;

/** `count` images evenly from the whole set, or all where there are fewer. */
export function calibrationPixels({ images, count: all }: ImageSet, count = CALIBRATION_IMAGES): Uint8Array {
  const used = Math.min(count, all);
  return images.subset(Uint32Array.from({ length: used }, (_, i) => Math.floor((i * all) / used))).range(0, used);
}

/** Input = factor · level + offset of each channel. @param scale of a level before mean and deviation */
export function pixelScaleOf({ mean, std }: Pick<Preprocessing, 'mean' | 'std'>, scale = 1 / 255): IntegerScope['pixels'] {
  return { factor: std.map((deviation) => scale / deviation), offset: mean.map((value, c) => -value / std[c]) };
}

/** What the integer variant is calibrated on: training images, as pixels, and how the network sees them. */
import { spreadOver } from '../../datasets/image-set.ts';
import type { ImageSet } from '../../datasets/index.ts';
import type { IntegerScope } from '../../networks/operations/integer-def.ts';
import type { TeacherPreprocessing } from '../../teachers/preprocessing.ts';

/** Images to calibrate on unless another number is asked for. */
export const CALIBRATION_IMAGES = 512;

/** Images evenly from the whole set, or all where there are fewer, one after the other. */
export function calibrationPixels(train: ImageSet, wanted = CALIBRATION_IMAGES): Uint8Array {
  const { images, count } = spreadOver(train, wanted);
  return images.range(0, count);
}

/** How a pixel becomes the network's input, per channel: factor · level + offset. */
export function pixelScale({ mean, std, scale }: Pick<TeacherPreprocessing, 'mean' | 'std' | 'scale'>): IntegerScope['pixels'] {
  return { factor: std.map((deviation) => scale / deviation), offset: mean.map((value, c) => -value / std[c]) };
}

/** Calibration images of the integer variant: training images as pixels, and how the network sees them. */
import { spreadOver } from '../../data/sets/image-set.ts';
import type { ImageSet } from '../../data/sets/index.ts';
import type { FrozenNetwork } from '../../networks/freeze.ts';
import { activationCount } from '../../networks/state.ts';
import type { IntegerScope } from '../../networks/operations/integer-def.ts';
import { modelPixels, type ImageSize, type ModelPreprocessing } from '../../evaluation/model-input.ts';
import type { IntegerCalibration, JudgingImages } from './quantize-network.ts';

/** Images to calibrate on unless another number is asked for. */
export const CALIBRATION_IMAGES = 512;

/** Fewer images of a network with many activations: each brings as many values more, and takes as much longer. */
const MOST_VALUES = 2 ** 28;
/** With 64 EfficientNet-Lite0 at 224 pixels gave float32's answer on 90 % of photographs, with 32 it did not. */
const FEWEST_IMAGES = 64;

/** Images that a network is calibrated on unless another number is asked for. */
export function calibrationCount({ nodes }: Pick<FrozenNetwork, 'nodes'>): number {
  return Math.min(CALIBRATION_IMAGES, Math.max(FEWEST_IMAGES, Math.floor(MOST_VALUES / activationCount(nodes))));
}

/**
 * Images evenly from the whole set, or all where there are fewer, one after the other.
 * @param size of the stored images
 * @param preprocessing of the network that sees them
 */
export function integerCalibration(
  train: ImageSet,
  size: ImageSize,
  preprocessing: Omit<ModelPreprocessing, 'channelOrder'>,
  wanted = CALIBRATION_IMAGES,
): IntegerCalibration {
  const { images, count } = spreadOver(train, wanted);
  return { pixels: modelPixels(images.range(0, count), count, size, preprocessing), scale: pixelScale(preprocessing) };
}

/** Images evenly from a set by which the quantizer chooses the bits of activations. @param validation not seen in calibration */
export function judgingImages(
  validation: ImageSet,
  size: ImageSize,
  preprocessing: Omit<ModelPreprocessing, 'channelOrder'>,
  wanted: number,
): JudgingImages {
  return { pixels: integerCalibration(validation, size, preprocessing, wanted).pixels, name: 'validation' };
}

/** Scale from a pixel to the network's input, per channel: factor · level + offset. */
export function pixelScale({ mean, std, scale }: Pick<ModelPreprocessing, 'mean' | 'std' | 'scale'>): IntegerScope['pixels'] {
  return { factor: std.map((deviation) => scale / deviation), offset: mean.map((value, c) => -value / std[c]) };
}

import { brightness, color, contrast, sharpness } from './enhance.ts';
import { rotate, shearX, shearY, translateX, translateY } from './geometry.ts';
import type { ImageOperation } from './operation.ts';
import { autoContrast, equalize, identity, posterize, solarize } from './tone.ts';

export type { ImageOperation } from './operation.ts';

/**
 * The operations that the strong view draws from, by the names and with the ranges of the public code of
 * Swapped Logit Distillation (they are FixMatch's RandAugment, arXiv 2001.07685, without a random sign:
 * the ranges are signed already).
 */
export const imageOperations: Record<string, ImageOperation> = {
  AutoContrast: autoContrast,
  Brightness: brightness,
  Color: color,
  Contrast: contrast,
  Equalize: equalize,
  Identity: identity,
  Posterize: posterize,
  Rotate: rotate,
  Sharpness: sharpness,
  ShearX: shearX,
  ShearY: shearY,
  Solarize: solarize,
  TranslateX: translateX,
  TranslateY: translateY,
};

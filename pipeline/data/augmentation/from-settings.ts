import { imageOperations } from './operations/index.ts';
import { ALL, type AugmentationSettings } from './settings.ts';
import type { Augmentation } from './views.ts';

/** The record of the augmentation that the settings say. */
export function augmentationOf(settings: AugmentationSettings): Augmentation {
  const { flip, cropScale, cropAspect, rotation, jitter, operations, operationCount, operationStrength, erasing, mixup, cutmix } = settings;
  const [brightness, contrast, saturation, hue] = jitter;
  const names = Object.keys(imageOperations);
  return {
    flip,
    ...(cropScale.length > 0 && { resizedCrop: { scale: [cropScale[0], cropScale[1]], aspect: [cropAspect[0], cropAspect[1]] } }),
    rotation,
    ...(jitter.length > 0 && { jitter: { brightness, contrast, saturation, hue } }),
    // In the table's order, so that the same operations however typed are the same run.
    operations: names.filter((name) => operations.includes(ALL) || operations.includes(name)),
    operationCount,
    operationStrength,
    erasing,
    ...(mixup + cutmix > 0 && { mixing: { mixup, cutmix } }),
  };
}

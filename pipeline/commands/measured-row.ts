/** A quantized network's accuracy beside float32's, as the commands that quantize report it. */
import type { Accuracy } from '@sld-edge/runtime';
import { percent } from '../support/progress.ts';
import { against, type Difference } from '../evaluation/accuracy.ts';

export interface MeasuredRow extends Accuracy, Difference {
  variant: string;
}

/** @param logits own, as float32's `[images, classes]` of the same images */
export const measuredRow = (variant: string, float32: Float32Array, logits: Float32Array, labels: ArrayLike<number>, classes: number): MeasuredRow => ({ variant, ...against(float32, logits, labels, classes) });

/** @param more what else is to be said of it, between name and accuracy */
export function rowText({ variant, top1, top5, count, drop, dropStandardError, agreementWithFloat32 }: MeasuredRow, width: number, more = ''): string {
  const cost = variant === 'float32' ? '' : `, drop ${drop.toFixed(2)} ± ${dropStandardError.toFixed(2)}`;
  return `${variant.padEnd(width)} ${more}top-1 ${percent(top1)}${cost}, top-5 ${percent(top5)} of ${count}, agrees with float32 on ${percent(agreementWithFloat32)}`;
}

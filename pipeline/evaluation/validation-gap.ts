/** Detects a validation accuracy so far above test accuracy that the two sets must hold different kinds of images. */

/** Standard errors of the difference that chance is allowed ... */
const STANDARD_ERRORS = 3;
/** ... and the least difference that matters, as a fraction. */
const LEAST_GAP = 0.05;

interface Measured {
  /** Fraction of right answers. */
  top1: number;
  count: number;
}

/** The sentence that a gap asks for, which is more than 5 points and more than 3 standard errors; else undefined. */
export function validationGapWarning(validation: Measured, test: Measured): string | undefined {
  const variance = ({ top1, count }: Measured): number => (top1 * (1 - top1)) / count;
  const gap = validation.top1 - test.top1;
  const standardError = Math.sqrt(variance(validation) + variance(test));
  if (!(gap > LEAST_GAP && gap > STANDARD_ERRORS * standardError)) return undefined;
  const points = (100 * gap).toFixed(1);
  return `warning: validation top-1 is ${points} points above test top-1, chance explains ${(100 * STANDARD_ERRORS * standardError).toFixed(1)}: your validation images resemble your training images more than the test images do`;
}

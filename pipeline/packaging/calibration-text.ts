import type { VariantCalibration } from '@sld-edge/runtime';
import { percent } from '../support/progress.ts';

/** One line: temperature, what it does to the calibration error, and what is withheld. */
export function calibrationText(calibration: VariantCalibration): string {
  const { temperature, errorBefore, errorAfter, abstainThreshold, abstain, flawlessValidation } = calibration;
  const why = flawlessValidation
    ? 'none was fitted: the validation images, or every second of them, have no mistake'
    : 'a fitted one did not lower the error of validation images that it was not fitted on';
  const fitted =
    temperature === 1
      ? `temperature 1 (${why}), expected calibration error ${errorBefore.toFixed(4)}`
      : `temperature ${temperature}, expected calibration error ${errorBefore.toFixed(4)} before, ${errorAfter.toFixed(4)} after`;
  const larger =
    errorAfter > errorBefore ? ' (larger on the test images, though smaller on the validation images, which alone decide)' : '';
  return `${fitted}${larger}; ${abstain ? withheldText(abstainThreshold!, abstain) : 'withholds no answer'}`;
}

function withheldText(threshold: number, { allowedError, validation, test }: NonNullable<VariantCalibration['abstain']>): string {
  const of = ({ coverage, error, count }: typeof test): string =>
    `${percent(coverage)} of ${count} answered, ${percent(error)} of those wrong`;
  const what =
    threshold === 0
      ? 'withholds no answer, since of all of them'
      : `withholds answers below a probability of ${threshold.toPrecision(4)}, so that`;
  return `${what} at most ${percent(allowedError)} are wrong: validation ${of(validation)}; test ${of(test)}`;
}

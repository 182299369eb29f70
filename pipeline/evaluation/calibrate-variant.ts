/** Calibrates a variant: its own temperature and, if wanted, its own threshold, both from validation images. */
import type { VariantCalibration } from '@sld-edge/runtime';
import { accuracy } from './accuracy.ts';
import { abstainThreshold, selectiveAccuracy } from './abstain-threshold.ts';
import { expectedCalibrationError, fitTemperature } from './temperature.ts';

/** Logits `[images, classes]` of the quantized network and the true classes. */
export interface LabelledLogits {
  logits: Float32Array;
  labels: ArrayLike<number>;
}

/** The images of one parity: what is fitted on one half is judged on the other. */
function half({ logits, labels }: LabelledLogits, classes: number, parity: 0 | 1): LabelledLogits {
  const rows = Array.from({ length: labels.length }, (_, i) => i).filter((i) => i % 2 === parity);
  const own = new Float32Array(rows.length * classes);
  rows.forEach((row, i) => own.set(logits.subarray(row * classes, (row + 1) * classes), i * classes));
  return { logits: own, labels: rows.map((row) => labels[row]) };
}

/** A half without a mistake fits no temperature: the lower it is, the likelier are that half's answers. */
const isFlawless = ({ logits, labels }: LabelledLogits, classes: number): boolean => accuracy(logits, labels, classes).top1 === 1;

/** Cross-fitting: checks that a temperature fitted on either half of the images lowers the calibration error of the other half. */
function helps(even: LabelledLogits, odd: LabelledLogits, classes: number): boolean {
  const lowers = (fitted: LabelledLogits, judged: LabelledLogits): boolean => {
    const errorAt = (temperature: number): number => expectedCalibrationError(judged.logits, judged.labels, classes, temperature);
    return errorAt(fitTemperature(fitted.logits, fitted.labels, classes)) < errorAt(1);
  };
  return lowers(even, odd) && lowers(odd, even);
}

/**
 * Fitted on validation images, or 1 if a temperature does not help; what came of it is stated of test images too, which had no part in it.
 * @param allowedError of the answers that are given; 0: every image is answered
 * @throws Error in one line if no threshold keeps the error
 */
export function calibrateVariant(
  name: string,
  validation: LabelledLogits,
  test: LabelledLogits,
  classes: number,
  allowedError: number,
): VariantCalibration {
  const [even, odd] = [half(validation, classes, 0), half(validation, classes, 1)];
  const isUnfitted = isFlawless(even, classes) || isFlawless(odd, classes);
  const temperature = !isUnfitted && helps(even, odd, classes) ? fitTemperature(validation.logits, validation.labels, classes) : 1;
  const rounded = (value: number): number => Number(value.toFixed(6));
  const errorAt = (t: number): number => rounded(expectedCalibrationError(test.logits, test.labels, classes, t));
  const calibration = {
    temperature,
    errorBefore: errorAt(1),
    errorAfter: errorAt(temperature),
    ...(isUnfitted && { flawlessValidation: true as const }),
  };
  if (allowedError === 0) return { ...calibration, abstainThreshold: null, abstain: null };

  const threshold = abstainThreshold(validation.logits, validation.labels, classes, temperature, allowedError);
  if (threshold === undefined)
    throw new Error(
      `--abstain-error ${allowedError}: on the ${validation.labels.length} validation images even the surest answers of ${name} are wrong more often; nothing was packaged`,
    );
  const selective = ({ logits, labels }: LabelledLogits) => {
    const { coverage, error, count } = selectiveAccuracy(logits, labels, classes, temperature, threshold);
    return { coverage: rounded(coverage), error: rounded(error), count };
  };
  return {
    ...calibration,
    abstainThreshold: threshold,
    abstain: { allowedError, validation: selective(validation), test: selective(test) },
  };
}

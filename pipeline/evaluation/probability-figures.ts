/** Figures of how far a network's probabilities can be relied on, before and after temperature scaling. */
import { softmax } from '@sld-edge/runtime';
import { answersOfLogits } from './abstain-threshold.ts';
import { expectedCalibrationError } from './temperature.ts';

/** Share of the images that are answered in `riskAtCoverage`, unless another is asked for. */
export const COVERAGE = 0.8;

export interface ProbabilityFigures {
  temperature: number;
  /** Expected calibration error over 15 bins of confidence. */
  calibrationError: number;
  /** Mean squared distance of the probabilities from the truth, 0 to 2. */
  brierScore: number;
  /** Fraction of the surest answers that are wrong, where `COVERAGE` of the images are answered. */
  riskAtCoverage: number;
}

/** Brier score (Brier 1950) of softmax(logits / T): the mean over images of Σ (p - y)² over classes; logits `[N, classes]`. */
export function brierScore(logits: Float32Array, labels: ArrayLike<number>, classes: number, temperature: number): number {
  let sum = 0;
  for (let i = 0; i < labels.length; i++)
    softmax(logits.subarray(i * classes, (i + 1) * classes), temperature).forEach((p, c) => (sum += (p - (c === labels[i] ? 1 : 0)) ** 2));
  return sum / labels.length;
}

/**
 * Fraction of answers that are wrong where the ⌈coverage · N⌉ surest are given (El-Yaniv and Wiener, JMLR 11, 2010); of equally sure ones the
 * first.
 * @param coverage above 0, at most 1
 */
export function riskAtCoverage(
  logits: Float32Array,
  labels: ArrayLike<number>,
  classes: number,
  temperature: number,
  coverage = COVERAGE,
): number {
  const given = answersOfLogits(logits, labels, classes, temperature)
    .sort((a, b) => b.probability - a.probability)
    // A product that float64 holds a bit too large must not give an answer more.
    .slice(0, Math.ceil(coverage * labels.length - 1e-9));
  return given.filter(({ right }) => !right).length / given.length;
}

/** All of them, of softmax(logits / T). */
export const probabilityFigures = (
  logits: Float32Array,
  labels: ArrayLike<number>,
  classes: number,
  temperature: number,
): ProbabilityFigures => ({
  temperature,
  calibrationError: expectedCalibrationError(logits, labels, classes, temperature),
  brierScore: brierScore(logits, labels, classes, temperature),
  riskAtCoverage: riskAtCoverage(logits, labels, classes, temperature),
});

/** Line of them for people. */
export const probabilityText = ({ temperature, calibrationError, brierScore, riskAtCoverage }: ProbabilityFigures): string =>
  `${temperature === 1 ? 'as trained' : `at temperature ${temperature}`} ECE ${calibrationError.toFixed(3)}, Brier score ${brierScore.toFixed(3)}, ${(100 * riskAtCoverage).toFixed(2)} % of the surest ${100 * COVERAGE} % wrong`;

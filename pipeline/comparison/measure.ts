/** What is measured of a student's logits on a set of images. */
import { negativeLogLikelihood, reliabilityBins, type ReliabilityBin } from '../evaluation/temperature.ts';
import { accuracy, predictions } from '../evaluation/network-logits.ts';
import { DivergenceError } from '../training/train.ts';

export interface Measured {
  count: number;
  /** Fractions. */
  top1: number;
  top5: number;
  /** Mean negative log-likelihood of the true class, in nats. */
  loss: number;
  /** Expected calibration error over 15 bins of confidence (`reliabilityBins`), no temperature applied. */
  calibrationError: number;
}

/** @param logits `[labels.length, classes]` @throws DivergenceError where one is not finite: such a network broke, its accuracy says nothing */
export function measureLogits(logits: Float32Array, labels: ArrayLike<number>, classes: number): Measured {
  const broken = logits.findIndex((logit) => !Number.isFinite(logit));
  if (broken >= 0) throw new DivergenceError(`the student's logits are not finite (${logits[broken]} for image ${Math.floor(broken / classes)}): the training broke it; lower the learning rate`);
  const { count, top1, top5 } = accuracy(logits, labels, classes);
  return { count, top1, top5, loss: negativeLogLikelihood(logits, labels, classes, 1), calibrationError: calibrationErrorOf(reliabilityBins(logits, labels, classes, 1)) };
}

/** Σ share · |accuracy - confidence| over bins that may be of several runs together. */
export function calibrationErrorOf(bins: readonly ReliabilityBin[]): number {
  const count = bins.reduce((sum, bin) => sum + bin.count, 0);
  return bins.reduce((sum, { correct, confidence }) => sum + Math.abs(correct - confidence), 0) / count;
}

/** `counts[true class][answer]`. */
export function confusionCounts(logits: Float32Array, labels: ArrayLike<number>, classes: number): number[][] {
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  predictions(logits, classes).forEach((answer, i) => counts[labels[i]][answer]++);
  return counts;
}

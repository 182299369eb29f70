/** Measures a student's logits on a set of images. */
import { calibrationErrorOf, negativeLogLikelihood, reliabilityBins } from '../evaluation/temperature.ts';
import { accuracy } from '../evaluation/accuracy.ts';
import { DivergenceError } from '../training/train.ts';

export interface LogitMetrics {
  count: number;
  /** Fractions. */
  top1: number;
  top5: number;
  /** Mean negative log-likelihood of the true class, in nats. */
  loss: number;
  /** Expected calibration error over 15 bins of confidence (`reliabilityBins`), no temperature applied. */
  calibrationError: number;
}

/**
 * @param logits `[labels.length, classes]` @throws DivergenceError if one is not finite: such a network broke, its accuracy says nothing
 */
export function logitMetrics(logits: Float32Array, labels: ArrayLike<number>, classes: number): LogitMetrics {
  const broken = logits.findIndex((logit) => !Number.isFinite(logit));
  if (broken >= 0)
    throw new DivergenceError(
      `the student's logits are not finite (${logits[broken]} for image ${Math.floor(broken / classes)}): the training broke it; lower the learning rate`,
    );
  const { count, top1, top5 } = accuracy(logits, labels, classes);
  return {
    count,
    top1,
    top5,
    loss: negativeLogLikelihood(logits, labels, classes, 1),
    calibrationError: calibrationErrorOf(reliabilityBins(logits, labels, classes, 1)),
  };
}

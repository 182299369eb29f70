/**
 * Selective classification (El-Yaniv and Wiener, JMLR 11, 2010) by the largest probability: which answers to withhold, so that those given
 * are seldom wrong.
 */
import { abstains, softmax } from '@sld-edge/runtime';

/** Effect of a threshold on a set of images. */
export interface Selective {
  /** Fraction of the images that are answered. */
  coverage: number;
  /** Fraction of those answers that are wrong; 0 if there are none. */
  error: number;
  /** Number of all images, answered or not. */
  count: number;
}

/** The answer of each image, how probable it is and whether it is right; of equal logits the first is the answer. Logits `[N, classes]`. */
export function answersOfLogits(
  logits: Float32Array,
  labels: ArrayLike<number>,
  classes: number,
  temperature: number,
): { probability: number; right: boolean }[] {
  return Array.from({ length: labels.length }, (_, i) => {
    const probabilities = softmax(logits.subarray(i * classes, (i + 1) * classes), temperature);
    const best = probabilities.indexOf(Math.max(...probabilities));
    return { probability: probabilities[best], right: best === labels[i] };
  });
}

/** @param threshold null: every image is answered */
export function selectiveAccuracy(
  logits: Float32Array,
  labels: ArrayLike<number>,
  classes: number,
  temperature: number,
  threshold: number | null,
): Selective {
  const given = answersOfLogits(logits, labels, classes, temperature).filter(({ probability }) => !abstains(probability, threshold));
  const wrong = given.filter(({ right }) => !right).length;
  return { coverage: given.length / labels.length, error: given.length > 0 ? wrong / given.length : 0, count: labels.length };
}

/**
 * The threshold of largest coverage at which at most `allowedError` of the answers given are wrong. It lies between two
 * probabilities that occur, so that an implementation whose exponential differs in the last bit decides the same.
 *
 * @returns 0 if all may be answered; undefined if even the surest answers are wrong too often
 */
export function abstainThreshold(
  logits: Float32Array,
  labels: ArrayLike<number>,
  classes: number,
  temperature: number,
  allowedError: number,
): number | undefined {
  const surestFirst = answersOfLogits(logits, labels, classes, temperature).sort((a, b) => b.probability - a.probability);
  let threshold: number | undefined;
  let wrong = 0;
  surestFirst.forEach(({ probability, right }, i) => {
    if (!right) wrong++;
    const next = surestFirst[i + 1]?.probability;
    // Answers of one probability are given or withheld together.
    if (next === probability) return;
    // Of counts: a fraction that float64 holds a bit too small must not cost an answer.
    if (wrong <= allowedError * (i + 1) + 1e-9) threshold = next === undefined ? 0 : (probability + next) / 2;
  });
  return threshold;
}

/** Figures of logits: accuracy, agreement, confusion, and the loss against float32. Logits are `[images, classes]`, row by row. */
import type { Accuracy } from '@sld-edge/runtime';

/**
 * Top-1 and top-5 as fractions of `labels.length`. Of equal logits the lower index counts as larger, on every backend;
 * a NaN counts as larger than anything, so that a network that broke is not taken for right.
 */
export function accuracy(logits: Float32Array, labels: ArrayLike<number>, classes: number): Accuracy {
  let top1 = 0;
  let top5 = 0;
  for (let i = 0; i < labels.length; i++) {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    const own = row[labels[i]];
    let larger = 0;
    for (let c = 0; c < classes; c++) if (c !== labels[i] && !(row[c] < own || (row[c] === own && c > labels[i]))) larger++;
    if (larger === 0) top1++;
    if (larger < 5) top5++;
  }
  return { top1: top1 / labels.length, top5: top5 / labels.length, count: labels.length };
}

/** The index of the largest logit of each row; of equals the first. */
export function predictions(logits: Float32Array, classes: number): Uint32Array {
  const out = new Uint32Array(logits.length / classes);
  for (let i = 0; i < out.length; i++) {
    let best = 0;
    for (let c = 1; c < classes; c++) if (logits[i * classes + c] > logits[i * classes + best]) best = c;
    out[i] = best;
  }
  return out;
}

/** Fraction of rows whose largest logit is in the same place in both. */
export function agreement(ours: Float32Array, reference: Float32Array, classes: number): number {
  const theirs = predictions(reference, classes);
  return predictions(ours, classes).filter((label, i) => label === theirs[i]).length / theirs.length;
}

/** `counts[true class][answer]`. */
export function confusionCounts(logits: Float32Array, labels: ArrayLike<number>, classes: number): number[][] {
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  predictions(logits, classes).forEach((answer, i) => counts[labels[i]][answer]++);
  return counts;
}

/** Difference of a stored network's answers from float32's, and its certainty. */
export interface Difference {
  /** Fraction of the images with float32's answer. */
  agreementWithFloat32: number;
  /** Points of top-1 below float32; negative where it gained. */
  drop: number;
  /**
   * Standard error of `drop`, in points: √(gained + lost) / images, counting images that only one of the two gets right (McNemar's
   * variance).
   */
  dropStandardError: number;
}

/** @param float32, own logits of the same images */
export function accuracyDifference(
  float32: Float32Array,
  own: Float32Array,
  labels: ArrayLike<number>,
  classes: number,
): Accuracy & Difference {
  const [before, after] = [float32, own].map((logits) => predictions(logits, classes));
  const differing = before.reduce((sum, label, i) => sum + ((label === labels[i]) === (after[i] === labels[i]) ? 0 : 1), 0);
  const measured = accuracy(own, labels, classes);
  return {
    ...measured,
    agreementWithFloat32: agreement(own, float32, classes),
    drop: 100 * (accuracy(float32, labels, classes).top1 - measured.top1),
    dropStandardError: (100 * Math.sqrt(differing)) / measured.count,
  };
}

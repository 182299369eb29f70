/** What a stored network lost against float32, and how sure that is. */
import type { Accuracy } from '@sld-edge/runtime';
import { accuracy, agreement, predictions } from './network-logits.ts';

export interface Difference {
  /** Fraction of the images with float32's answer. */
  agreementWithFloat32: number;
  /** Points of top-1 below float32; negative where it gained. */
  drop: number;
  /** Of `drop`, in points: √(gained + lost) / images, of images that one of the two alone gets right (McNemar's variance). */
  dropStandardError: number;
}

/** @param float32, own logits `[images, classes]` of the same images */
export function against(float32: Float32Array, own: Float32Array, labels: ArrayLike<number>, classes: number): Accuracy & Difference {
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

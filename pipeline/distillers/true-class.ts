/** Distributions of two outcomes, one class and all the others: what DKD and RLD have in common. */
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../engines/engine.ts';

/** Taken from a class's softened logit: far enough below the others that its probability is zero. */
export const EXCLUDED = 1000;

/**
 * Log-probabilities `[B, 2]` of a row's class and of all its others, at a temperature. Their softmax at temperature 1 is themselves.
 * @param classes of each row, int32 `[B]`
 */
export function classAgainstOthers(tf: Tfjs, logits: Tensor2D, classes: Tensor1D, temperature: number): Tensor2D {
  const isClass = tf.oneHot(classes, logits.shape[1]);
  const softened = tf.div(logits, temperature);
  const total = tf.logSumExp(softened, 1);
  const own = tf.sub(tf.sum(tf.mul(softened, isClass), 1), total);
  const others = tf.sub(tf.logSumExp(tf.sub(softened, tf.mul(isClass, EXCLUDED)), 1), total);
  return tf.stack([own, others], 1) as Tensor2D;
}

/** Logit standardisation: Sun et al. 2024 (arXiv 2403.01427). */
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../engines/engine.ts';

const EPSILON = 1e-7;

/** (z - mean) / (standard deviation + 1e-7) of each row, the deviation with Bessel's correction. Differentiable. */
export function standardiseLogits(tf: Tfjs, logits: Tensor2D): Tensor2D {
  const classes = logits.shape[1];
  const centred = tf.sub(logits, tf.mean(logits, 1, true));
  const deviation = tf.sqrt(tf.div(tf.sum(tf.square(centred), 1, true), classes - 1));
  return tf.div(centred, tf.add(deviation, EPSILON));
}

/** Logits as a method with the option `standardiseLogits` sees them: standardised, or as they are. */
export const standardisedWhere = (tf: Tfjs, isStandardised: boolean, logits: Tensor2D): Tensor2D =>
  isStandardised ? standardiseLogits(tf, logits) : logits;

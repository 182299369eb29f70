/** Labels that are more, or less, than one class: mixed pictures, pictures without a label, smoothed labels. */
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Save, Tfjs } from '../engines/engine.ts';

export interface SoftLabels {
  /** Share of each class in each sample, `[B, classes]`: two classes in a mixed picture, zeros without a label. Absent: the labels as they are. */
  shares?: Tensor2D;
  /** Label smoothing (Szegedy et al. 2016, arXiv 1512.00567): so much of a label is spread evenly over all classes; 0: none. */
  smoothing: number;
}

/** Least divisor: a batch without any label divides by it. */
const LEAST_WEIGHT = 1e-12;

/**
 * Cross-entropy with soft labels: Σ w_c·t_c·(-log p_c) over samples and classes, over Σ w_c·s_c, where s are the shares and t the same
 * smoothed. With labels alone it is what PyTorch's `CrossEntropyLoss(weight=w, label_smoothing=ε)` computes.
 * @param classWeights `[classes]`; absent: all alike
 */
export function softCrossEntropy(
  tf: Tfjs,
  logits: Tensor2D,
  labels: Tensor1D,
  { shares, smoothing }: SoftLabels,
  classWeights?: Tensor1D,
): Tensor {
  const classes = logits.shape[1];
  return tf.customGrad((logits, save) => {
    const stated = shares ?? tf.cast(tf.oneHot(labels, classes), 'float32');
    const spread = tf.mul(tf.sum(stated, 1, true), smoothing / classes);
    const smoothed = tf.add(tf.mul(stated, 1 - smoothing), spread);
    const weighted = (values: Tensor): Tensor => (classWeights ? tf.mul(values, classWeights) : values);
    const target = tf.div(weighted(smoothed), tf.maximum(tf.sum(weighted(stated)), LEAST_WEIGHT));
    const logProbabilities = tf.logSoftmax(logits as Tensor);
    (save as Save)([logProbabilities, target]);
    return {
      value: tf.neg(tf.sum(tf.sum(tf.mul(logProbabilities, target), 1))),
      gradFunc: (dy: Tensor, [logProbabilities, target]: Tensor[]) =>
        tf.mul(tf.sub(tf.mul(tf.exp(logProbabilities), tf.sum(target, 1, true)), target), dy),
    };
  })(logits);
}

/**
 * The labels, and for a sample that has not exactly one class the class that `logits` are largest at: int32 `[B]`. No gradient flows
 * into them.
 */
export function labelsOrPredictions(tf: Tfjs, labels: Tensor1D, soft: SoftLabels | undefined, logits: Tensor2D): Tensor1D {
  if (!soft?.shares) return labels;
  const isOne = tf.cast(tf.greaterEqual(tf.max(soft.shares, 1), 1), 'int32');
  const predicted = tf.cast(tf.argMax(logits, 1), 'int32');
  return tf.add(tf.mul(labels, isOne), tf.mul(predicted, tf.sub(tf.scalar(1, 'int32'), isOne))) as Tensor1D;
}

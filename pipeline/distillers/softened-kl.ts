/**
 * The pieces that logit distillation methods share. All are differentiable and made for use inside a tidy. Backends that have
 * our kernels for them (`engines/webgpu/losses.ts`) use those; elsewhere they are composed of tfjs's ops.
 */
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Save, Tfjs } from '../engines/engine.ts';
import { softCrossEntropy, type SoftLabels } from './soft-labels.ts';

/** Returns true if the backend has our kernel. */
const has = (tf: Tfjs, kernel: string): boolean => tf.getKernel(kernel, tf.getBackend()) !== undefined;
const run = (tf: Tfjs, kernel: string, inputs: Record<string, Tensor>, attributes: object = {}): Tensor[] =>
  tf.engine().runKernel(kernel, inputs, attributes as never) as unknown as Tensor[];

/**
 * Cross-entropy of `logits` `[B, C]` against int32 `labels` `[B]`: the mean over the batch, or with `classWeights` `[C]`
 * Σ w_y·ce / Σ w_y, as PyTorch's `CrossEntropyLoss(weight=w)` has it.
 * @param soft labels that are not one class each, or are smoothed (`softCrossEntropy`)
 */
export function crossEntropy(tf: Tfjs, logits: Tensor2D, labels: Tensor1D, classWeights?: Tensor1D, soft?: SoftLabels): Tensor {
  if (soft) return softCrossEntropy(tf, logits, labels, soft, classWeights);
  if (has(tf, 'RowCrossEntropy')) {
    const ofClasses = classWeights && tf.gather(classWeights, labels);
    const weights = ofClasses ? tf.div(ofClasses, tf.sum(ofClasses)) : tf.fill([logits.shape[0]], 1 / logits.shape[0]);
    const ofRows = tf.customGrad((logits, save) => {
      const [losses, gradient] = run(tf, 'RowCrossEntropy', { logits: logits as Tensor, labels, weights });
      (save as Save)([gradient]);
      return { value: tf.sum(losses), gradFunc: (dy: Tensor, [gradient]: Tensor[]) => tf.mul(gradient, dy) };
    });
    return ofRows(logits);
  }
  return tf.customGrad((logits, save) => {
    const target = tf.oneHot(labels, (logits as Tensor2D).shape[1]);
    // Of each sample, adding up to one.
    // Not by tfjs-node's gather: it reads its indices back.
    const weights = classWeights
      ? tf.sum(tf.where(tf.cast(target, 'bool'), classWeights, tf.zerosLike(classWeights)), 1)
      : tf.fill(labels.shape, 1 / labels.size);
    const shares = tf.expandDims(classWeights ? tf.div(weights, tf.sum(weights)) : weights, 1);
    const logProbabilities = tf.logSoftmax(logits as Tensor);
    (save as Save)([logProbabilities, target, shares]);
    return {
      value: tf.neg(tf.sum(tf.mul(tf.sum(tf.mul(logProbabilities, target), 1, true), shares))),
      gradFunc: (dy: Tensor, [logProbabilities, target, shares]: Tensor[]) =>
        tf.mul(tf.sub(tf.exp(logProbabilities), target), tf.mul(shares, dy)),
    };
  })(logits);
}

/**
 * Σ_T T²·KL(softmax(target/T) ‖ softmax(logits/T)), summed over classes, mean over the batch (Hinton et al. 2015,
 * arXiv 1503.02531). All temperatures are computed together, as an axis. Gradient flows into both arguments; by hand,
 * with p and q the softened target and logits: T/B·(q - p) in the logits, T/B·p·(log p - log q - KL) in the target.
 * tfjs's tape over the same would make three times as many ops of a few microseconds each.
 */
export function softenedKl(tf: Tfjs, target: Tensor2D, logits: Tensor2D, temperatures: readonly number[]): Tensor {
  if (has(tf, 'SoftenedKl')) {
    const divergence = tf.customGrad((target, logits, save) => {
      const [losses, ofTarget, ofLogits] = run(tf, 'SoftenedKl', { target: target as Tensor, logits: logits as Tensor }, { temperatures });
      (save as Save)([ofTarget, ofLogits]);
      return { value: tf.sum(losses), gradFunc: (dy: Tensor, gradients: Tensor[]) => gradients.map((gradient) => tf.mul(gradient, dy)) };
    });
    return divergence(target, logits);
  }
  const [batch, classes] = logits.shape;
  return tf.customGrad((target, logits, save) => {
    const axis = tf.tensor3d([...temperatures], [temperatures.length, 1, 1]);
    const soften = (z: Tensor): Tensor => tf.logSoftmax(tf.div(tf.reshape(z, [1, batch, classes]), axis));
    const [logTarget, logStudent] = [soften(target as Tensor), soften(logits as Tensor)];
    const softTarget = tf.exp(logTarget);
    const difference = tf.sub(logTarget, logStudent);
    const divergence = tf.sum(tf.mul(softTarget, difference), 2, true);
    (save as Save)([softTarget, logStudent, difference, divergence, axis]);
    return {
      // Rows first: one long float32 sum on the WASM backend would lose digits with many classes.
      value: tf.div(tf.sum(tf.mul(divergence, tf.square(axis))), batch),
      gradFunc(dy: Tensor, [softTarget, logStudent, difference, divergence, axis]: Tensor[]) {
        const scale = tf.mul(tf.div(axis, batch), dy);
        const overTemperatures = (gradient: Tensor): Tensor => tf.sum(tf.mul(gradient, scale), 0);
        return [
          overTemperatures(tf.mul(softTarget, tf.sub(difference, divergence))),
          overTemperatures(tf.sub(tf.exp(logStudent), softTarget)),
        ];
      },
    };
  })(target, logits);
}

/**
 * Swaps a row's largest logit with the true class's if the two differ; other rows stay (SLD, arXiv 2504.20108). A permutation of each row,
 * which is its own inverse: its gradient is the same permutation.
 */
export function swapTrueClass(tf: Tfjs, logits: Tensor2D, labels: Tensor1D): Tensor2D {
  if (has(tf, 'ExchangeFind')) {
    const exchanged = tf.customGrad((logits, save) => {
      const [swapped, predicted] = run(tf, 'ExchangeFind', { logits: logits as Tensor, labels });
      (save as Save)([labels, predicted]);
      return {
        value: swapped,
        gradFunc: (dy: Tensor, [labels, predicted]: Tensor[]) => run(tf, 'Exchange', { logits: dy, labels, predicted })[0],
      };
    });
    return exchanged(logits) as Tensor2D;
  }
  return tf.customGrad((z, save) => {
    const input = z as Tensor2D;
    const classes = input.shape[1];
    const predicted = tf.argMax(input, 1) as Tensor1D;
    const wrong = tf.cast(tf.notEqual(predicted, labels), 'float32').expandDims(1);
    const isTrue = tf.mul(tf.oneHot(labels, classes), wrong);
    const isPredicted = tf.mul(tf.oneHot(predicted, classes), wrong);
    (save as Save)([isTrue, isPredicted]);
    return {
      value: exchange(tf, input, isTrue, isPredicted),
      gradFunc: (dy: Tensor, [isTrue, isPredicted]: Tensor[]) => exchange(tf, dy, isTrue, isPredicted),
    };
  })(logits) as Tensor2D;
}

/** Exchanges, in each row, the values that the two one-hot (or empty) masks point at. */
function exchange(tf: Tfjs, values: Tensor, first: Tensor, second: Tensor): Tensor {
  const at = (mask: Tensor): Tensor => tf.sum(tf.mul(values, mask), 1, true);
  const kept = tf.mul(values, tf.sub(1, tf.add(first, second)));
  return tf.add(kept, tf.add(tf.mul(at(second), first), tf.mul(at(first), second)));
}

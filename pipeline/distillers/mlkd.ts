/**
 * Multi-Level Logit Distillation: Jin et al. 2023 (CVPR), in the form that was published with SLD. Beside the softened
 * probabilities themselves, the student imitates how samples of the batch resemble each other (`batch`) and how classes do
 * (`class`). Only samples about which the teacher is no surer than the batch's median count, and classes with no more of its
 * probability than the median class.
 */
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../engines/engine.ts';
import type { Distiller, ViewName } from './distiller.ts';
import { percentile, resolveOptions, temperatures, toggle, weight, countOption, type OptionTable } from './options.ts';
import { crossEntropy, softenedKl } from './softened-kl.ts';
import { standardisedWhere } from './standardise.ts';
import { joinViews, viewChoice, viewNames, withoutSecondView, type ViewChoice } from './views.ts';

export interface MlkdOptions {
  /** With one view alone there is no second divergence, as in what the public code of RLD compares with. */
  views: ViewChoice;
  /** The base temperature first; that at which confidence is taken is 1. */
  temperatures: readonly number[];
  /** Number of temperatures that soften the strong view; the rest soften the weak view in its place, as in the public code. */
  strongTemperatures: number;
  /** Percentile of the batch's confidences, and of the classes' shares, above which values do not count. */
  confidencePercentile: number;
  ceWeight: number;
  kdWeight: number;
  /** Teacher and student are standardised row by row before they are softened (as `kd+ls`); the Gram matrices are of the logits as they are. */
  standardiseLogits: boolean;
}

export const mlkdOptions: OptionTable<MlkdOptions> = {
  views: viewChoice('both'),
  temperatures: temperatures([4, 3, 5, 2, 6]),
  strongTemperatures: countOption(3),
  confidencePercentile: percentile(50),
  ceWeight: weight(0.1),
  kdWeight: weight(0.9),
  standardiseLogits: toggle(false),
};

export function createMlkd(overrides: Partial<MlkdOptions> = {}): Distiller {
  const stated = resolveOptions('mlkd', mlkdOptions, overrides);
  const isPair = stated.views === 'both';
  const options = isPair ? stated : { ...stated, ...withoutSecondView('mlkd', stated.views, { ...overrides }, ['strongTemperatures']) };
  const strongTemperatures = options.temperatures.slice(0, options.strongTemperatures);
  const weakInstead = isPair ? options.temperatures.slice(options.strongTemperatures) : [];
  const views = viewNames(options.views);
  const [first] = views;
  return {
    name: 'mlkd',
    views,
    needsTeacher: true,
    options: { ...options },
    losses(tf, batch) {
      const [student, teacher] = [batch.student[first], batch.teacher[first]];
      const probabilities = tf.softmax(teacher);
      const weightOf = (values: Tensor): Tensor => timesShareUpTo(tf, options.kdWeight, options.confidencePercentile, values as Tensor1D);
      const unsureSamples = weightOf(tf.max(probabilities, 1));
      const rareClasses = weightOf(tf.sum(probabilities, 0));
      const weighted = (weight: number | Tensor, loss: Tensor): Tensor => tf.mul(weight, loss);
      const summed = (level: (target: Tensor2D, logits: Tensor2D) => Tensor): Tensor =>
        tf.addN(options.temperatures.map((temperature) => level(softened(tf, teacher, temperature), softened(tf, student, temperature))));
      const seen = (logits: Tensor2D): Tensor2D => standardisedWhere(tf, options.standardiseLogits, logits);
      const divergence = (view: ViewName, temperatures: readonly number[]): Tensor =>
        softenedKl(tf, seen(batch.teacher[view]), seen(batch.student[view]), temperatures);
      const kd = [
        weighted(unsureSamples, divergence(first, options.temperatures)),
        ...(strongTemperatures.length > 0 ? [weighted(options.kdWeight, divergence('strong', strongTemperatures))] : []),
        ...(weakInstead.length > 0 ? [weighted(options.kdWeight, divergence(first, weakInstead))] : []),
      ];
      const { count, labels, classWeights, soft, ...joined } = joinViews(tf, batch, views);
      return {
        ce: tf.mul(count * options.ceWeight, crossEntropy(tf, joined.student, labels, classWeights, soft)),
        kd: tf.addN(kd),
        class: weighted(
          rareClasses,
          summed((p, q) => gramDifference(tf, p, q, 'classes')),
        ),
        batch: weighted(
          unsureSamples,
          summed((p, q) => gramDifference(tf, p, q, 'samples')),
        ),
      };
    },
  };
}

const softened = (tf: Tfjs, logits: Tensor2D, temperature: number): Tensor2D => tf.softmax(tf.div(logits, temperature) as Tensor2D);

/** Σ(PPᵀ - QQᵀ)²/samples, or Σ(PᵀP - QᵀQ)²/classes. */
function gramDifference(tf: Tfjs, p: Tensor2D, q: Tensor2D, over: 'samples' | 'classes'): Tensor {
  const transposeFirst = over === 'classes';
  const gram = (m: Tensor2D): Tensor => tf.matMul(m, m, transposeFirst, !transposeFirst);
  return tf.div(tf.sum(tf.sum(tf.square(tf.sub(gram(p), gram(q))), 1)), over === 'samples' ? p.shape[0] : p.shape[1]);
}

/**
 * `factor` times the share of values that are no larger than their `percent`-th percentile. That lies linearly between two
 * neighbours, so that the values up to it are those up to the lower one. Nothing is read back: the products are looked up.
 */
function timesShareUpTo(tf: Tfjs, factor: number, percent: number, values: Tensor1D): Tensor {
  const { size } = values;
  const rank = Math.floor(((size - 1) * percent) / 100);
  const below = tf.neg(tf.slice(tf.topk(tf.neg(values), rank + 1).values, [rank], [1]));
  const count = tf.sum(tf.cast(tf.lessEqual(values, below), 'int32'));
  const products = tf.tensor1d(Array.from({ length: size + 1 }, (_, count) => factor * (count / size)));
  // By a product: tfjs-node's gather reads its indices back.
  return tf.sum(tf.mul(tf.oneHot(count.as1D(), size + 1), products));
}

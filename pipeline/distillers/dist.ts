/**
 * DIST: Huang et al. 2022 (arXiv 2205.10536). The student imitates relations in place of probabilities: how a sample's probabilities
 * rank its classes (`interClass`), and how a class's probabilities rank the samples of the batch (`intraClass`). Each is one less
 * Pearson's correlation with the teacher's, so that a strong teacher's scale need not be met. The defaults are the paper's for CIFAR-100.
 */
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../engines/engine.ts';
import type { Distiller } from './distiller.ts';
import { positive, resolveOptions, weight, type OptionTable } from './options.ts';
import { crossEntropy } from './softened-kl.ts';
import { sumOverViews, viewChoice, viewNames, type ViewChoice } from './views.ts';

export interface DistOptions {
  /** The relations between samples are those of one view; both views are two such batches. */
  views: ViewChoice;
  temperature: number;
  ceWeight: number;
  /** Weight of the relations between the classes of a sample (the paper's beta). */
  interWeight: number;
  /** Weight of the relations between the samples of a class (the paper's gamma). */
  intraWeight: number;
}

export const distOptions: OptionTable<DistOptions> = {
  views: viewChoice('weak'),
  temperature: positive(4),
  ceWeight: weight(1),
  interWeight: weight(2),
  intraWeight: weight(2),
};

/** Least divisor of a correlation, as in the public code. */
const LEAST_NORM = 1e-8;

export function createDist(overrides: Partial<DistOptions> = {}): Distiller {
  const options = resolveOptions('dist', distOptions, overrides);
  const views = viewNames(options.views);
  const { temperature, ceWeight, interWeight, intraWeight } = options;
  return {
    name: 'dist',
    views,
    needsTeacher: true,
    options: { ...options },
    losses: (tf, batch) =>
      sumOverViews(tf, batch, views, ({ labels, student, teacher, classWeights, soft }) => {
        const [p, q] = [teacher, student].map((logits) => tf.softmax(tf.div(logits, temperature) as Tensor2D));
        const relations = (weight: number, axis: 0 | 1): Tensor =>
          tf.mul(weight * temperature ** 2, tf.sub(1, tf.mean(correlation(tf, p, q, axis))));
        return {
          ce: tf.mul(ceWeight, crossEntropy(tf, student, labels, classWeights, soft)),
          interClass: relations(interWeight, 1),
          intraClass: relations(intraWeight, 0),
        };
      }),
  };
}

/** Pearson's correlation of the rows (axis 1) or columns (axis 0) of two matrices. */
function correlation(tf: Tfjs, a: Tensor2D, b: Tensor2D, axis: 0 | 1): Tensor {
  const centred = (m: Tensor2D): Tensor => tf.sub(m, tf.mean(m, axis, true));
  const [x, y] = [centred(a), centred(b)];
  const norm = (m: Tensor): Tensor => tf.sqrt(tf.sum(tf.square(m), axis));
  return tf.div(tf.sum(tf.mul(x, y), axis), tf.add(tf.mul(norm(x), norm(y)), LEAST_NORM));
}

/**
 * Weighted Transformed Teacher Matching: Zheng and Yang, ICLR 2024 (arXiv 2402.11148). The teacher alone is softened, by a power of its
 * probabilities; the student is not. A sample counts by the sum of those powers, which is large where the teacher is unsure.
 */
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../engines/engine.ts';
import type { Distiller } from './distiller.ts';
import { number } from '../support/value.ts';
import { resolveOptions, toggle, weight, type OptionTable } from './options.ts';
import { crossEntropy } from './softened-kl.ts';
import { joinViews, viewChoice, viewNames, type ViewChoice } from './views.ts';

export interface WttmOptions {
  views: ViewChoice;
  /** The paper's gamma: 1/temperature. */
  exponent: number;
  ceWeight: number;
  /** The paper's beta. */
  kdWeight: number;
  /** Off: all samples count alike, which is TTM. */
  weighted: boolean;
}

/** Exponent and weight are the public code's example; the paper tunes both for each pair. */
export const wttmOptions: OptionTable<WttmOptions> = {
  views: viewChoice('weak'),
  exponent: number(0.2, { above: 0, to: 1 }),
  ceWeight: weight(1),
  kdWeight: weight(4),
  weighted: toggle(true),
};

export function createWttm(overrides: Partial<WttmOptions> = {}): Distiller {
  const options = resolveOptions('wttm', wttmOptions, overrides);
  const views = viewNames(options.views);
  return {
    name: 'wttm',
    views,
    needsTeacher: true,
    options: { ...options },
    losses(tf, batch) {
      const { count, labels, student, teacher, classWeights, soft } = joinViews(tf, batch, views);
      return {
        ce: tf.mul(count * options.ceWeight, crossEntropy(tf, student, labels, classWeights, soft)),
        kd: tf.mul(count * options.kdWeight, transformedKl(tf, teacher, student, options)),
      };
    },
  };
}

/** Mean over rows of Σ p^γ · KL(p^γ/Σ p^γ ‖ q), with teacher's and student's probabilities p and q, or without the first factor. */
function transformedKl(tf: Tfjs, teacher: Tensor2D, student: Tensor2D, { exponent, weighted }: WttmOptions): Tensor {
  const powers = tf.mul(tf.logSoftmax(teacher), exponent) as Tensor2D;
  const logTarget = tf.logSoftmax(powers);
  const divergence = tf.sum(tf.mul(tf.exp(logTarget), tf.sub(logTarget, tf.logSoftmax(student))), 1);
  return tf.mean(weighted ? tf.mul(tf.sum(tf.exp(powers), 1), divergence) : divergence);
}

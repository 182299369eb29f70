/**
 * KD with logit standardisation: Sun et al. 2024 (arXiv 2403.01427). Teacher's and student's logits are standardised
 * row by row, so that the student need not imitate their scale.
 */
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../engines/engine.ts';
import type { Distiller } from './distiller.ts';
import { crossEntropy, softenedKl } from './softened-kl.ts';

export interface KdLsOptions {
  baseTemperature: number;
  ceWeight: number;
  kdWeight: number;
}

export const kdLsDefaults: KdLsOptions = { baseTemperature: 2, ceWeight: 0.1, kdWeight: 9 };

const EPSILON = 1e-7;

export function createKdLs(overrides: Partial<KdLsOptions> = {}): Distiller {
  const options = { ...kdLsDefaults, ...overrides };
  return {
    name: 'kd+ls',
    views: ['weak'],
    needsTeacher: true,
    options: { ...options },
    losses: (tf, { labels, student, teacher }) => ({
      ce: tf.mul(options.ceWeight, crossEntropy(tf, student.weak, labels)),
      kd: tf.mul(options.kdWeight, softenedKl(tf, standardise(tf, teacher.weak), standardise(tf, student.weak), [options.baseTemperature])),
    }),
  };
}

/** (z - mean) / (standard deviation + 1e-7) of each row, the deviation with Bessel's correction. */
export function standardise(tf: Tfjs, logits: Tensor2D): Tensor2D {
  const classes = logits.shape[1];
  const centred = tf.sub(logits, tf.mean(logits, 1, true));
  const deviation = tf.sqrt(tf.div(tf.sum(tf.square(centred), 1, true), classes - 1));
  return tf.div(centred, tf.add(deviation, EPSILON));
}

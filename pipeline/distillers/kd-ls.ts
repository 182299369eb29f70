/**
 * KD with logit standardisation: Sun et al. 2024 (arXiv 2403.01427). Teacher's and student's logits are standardised
 * row by row, so that the student need not imitate their scale.
 */
import type { Distiller } from './distiller.ts';
import { positive, resolveOptions, weight, type OptionTable } from './options.ts';
import { crossEntropy, softenedKl } from './softened-kl.ts';
import { standardiseLogits } from './standardise.ts';

export interface KdLsOptions {
  baseTemperature: number;
  ceWeight: number;
  kdWeight: number;
}

export const kdLsOptions: OptionTable<KdLsOptions> = { baseTemperature: positive(2), ceWeight: weight(0.1), kdWeight: weight(9) };

export function createKdLs(overrides: Partial<KdLsOptions> = {}): Distiller {
  const options = resolveOptions('kd+ls', kdLsOptions, overrides);
  return {
    name: 'kd+ls',
    views: ['weak'],
    needsTeacher: true,
    options: { ...options },
    losses: (tf, { labels, student, teacher, classWeights, soft }) => ({
      ce: tf.mul(options.ceWeight, crossEntropy(tf, student.weak, labels, classWeights, soft)),
      kd: tf.mul(
        options.kdWeight,
        softenedKl(tf, standardiseLogits(tf, teacher.weak), standardiseLogits(tf, student.weak), [options.baseTemperature]),
      ),
    }),
  };
}

/**
 * KD with logit standardisation: Sun et al. 2024 (arXiv 2403.01427). Teacher's and student's logits are standardised
 * row by row, so that the student need not imitate their scale.
 */
import type { Distiller } from './distiller.ts';
import { positive, resolveOptions, weight, type OptionTable } from './options.ts';
import { crossEntropy, softenedKl } from './softened-kl.ts';
import { standardiseLogits } from './standardise.ts';
import { joinViews, viewChoice, viewNames, type ViewChoice } from './views.ts';

export interface KdLsOptions {
  views: ViewChoice;
  baseTemperature: number;
  ceWeight: number;
  kdWeight: number;
}

export const kdLsOptions: OptionTable<KdLsOptions> = {
  views: viewChoice('weak'),
  baseTemperature: positive(2),
  ceWeight: weight(0.1),
  kdWeight: weight(9),
};

export function createKdLs(overrides: Partial<KdLsOptions> = {}): Distiller {
  const options = resolveOptions('kd+ls', kdLsOptions, overrides);
  const views = viewNames(options.views);
  return {
    name: 'kd+ls',
    views,
    needsTeacher: true,
    options: { ...options },
    losses(tf, batch) {
      const { count, labels, student, teacher, classWeights, soft } = joinViews(tf, batch, views);
      const divergence = softenedKl(tf, standardiseLogits(tf, teacher), standardiseLogits(tf, student), [options.baseTemperature]);
      return {
        ce: tf.mul(count * options.ceWeight, crossEntropy(tf, student, labels, classWeights, soft)),
        kd: tf.mul(count * options.kdWeight, divergence),
      };
    },
  };
}

/** Knowledge distillation: Hinton, Vinyals, Dean 2015 (arXiv 1503.02531), with MDistiller's defaults. */
import type { Distiller } from './distiller.ts';
import { positive, resolveOptions, weight, type OptionTable } from './options.ts';
import { crossEntropy, softenedKl } from './softened-kl.ts';
import { joinViews, viewChoice, viewNames, type ViewChoice } from './views.ts';

export interface KdOptions {
  views: ViewChoice;
  temperature: number;
  ceWeight: number;
  kdWeight: number;
}

export const kdOptions: OptionTable<KdOptions> = {
  views: viewChoice('weak'),
  temperature: positive(4),
  ceWeight: weight(0.1),
  kdWeight: weight(0.9),
};

export function createKd(overrides: Partial<KdOptions> = {}): Distiller {
  const options = resolveOptions('kd', kdOptions, overrides);
  const views = viewNames(options.views);
  return {
    name: 'kd',
    views,
    needsTeacher: true,
    options: { ...options },
    losses(tf, batch) {
      const { count, labels, student, teacher, classWeights, soft } = joinViews(tf, batch, views);
      return {
        ce: tf.mul(count * options.ceWeight, crossEntropy(tf, student, labels, classWeights, soft)),
        kd: tf.mul(count * options.kdWeight, softenedKl(tf, teacher, student, [options.temperature])),
      };
    },
  };
}

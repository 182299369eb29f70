/** No distillation: cross-entropy with the labels. How teachers are trained, and the baseline. */
import type { Distiller } from './distiller.ts';
import { resolveOptions, type OptionTable } from './options.ts';
import { crossEntropy } from './softened-kl.ts';
import { joinViews, viewChoice, viewNames, type ViewChoice } from './views.ts';

export interface CeOptions {
  views: ViewChoice;
}

export const ceOptions: OptionTable<CeOptions> = { views: viewChoice('weak') };

export function createCe(overrides: Partial<CeOptions> = {}): Distiller {
  const options = resolveOptions('ce', ceOptions, overrides);
  const views = viewNames(options.views);
  return {
    name: 'ce',
    views,
    needsTeacher: false,
    options: { ...options },
    losses(tf, batch) {
      const { count, labels, student, classWeights, soft } = joinViews(tf, batch, views);
      return { ce: tf.mul(count, crossEntropy(tf, student, labels, classWeights, soft)) };
    },
  };
}

/** No distillation: cross-entropy with the labels on the weak view. How teachers are trained, and the baseline. */
import type { Distiller } from './distiller.ts';
import { resolveOptions } from './options.ts';
import { crossEntropy } from './softened-kl.ts';

export const ceOptions = {};

export function createCe(overrides: object = {}): Distiller {
  return {
    name: 'ce',
    views: ['weak'],
    needsTeacher: false,
    options: { ...resolveOptions('ce', ceOptions, overrides) },
    losses: (tf, { labels, student, classWeights, soft }) => ({ ce: crossEntropy(tf, student.weak, labels, classWeights, soft) }),
  };
}

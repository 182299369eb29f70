/** No distillation: cross-entropy with the labels on the weak view. How teachers are trained, and the baseline. */
import type { Distiller } from './distiller.ts';
import { crossEntropy } from './softened-kl.ts';

export function createCe(): Distiller {
  return {
    name: 'ce',
    views: ['weak'],
    needsTeacher: false,
    options: {},
    losses: (tf, { labels, student }) => ({ ce: crossEntropy(tf, student.weak, labels) }),
  };
}

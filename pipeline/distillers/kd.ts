/** Knowledge distillation: Hinton, Vinyals, Dean 2015 (arXiv 1503.02531), with MDistiller's defaults. */
import type { Distiller } from './distiller.ts';
import { positive, resolveOptions, weight, type OptionTable } from './options.ts';
import { crossEntropy, softenedKl } from './softened-kl.ts';

export interface KdOptions {
  temperature: number;
  ceWeight: number;
  kdWeight: number;
}

export const kdOptions: OptionTable<KdOptions> = { temperature: positive(4), ceWeight: weight(0.1), kdWeight: weight(0.9) };

export function createKd(overrides: Partial<KdOptions> = {}): Distiller {
  const options = resolveOptions('kd', kdOptions, overrides);
  return {
    name: 'kd',
    views: ['weak'],
    needsTeacher: true,
    options: { ...options },
    losses: (tf, { labels, student, teacher, classWeights, soft }) => ({
      ce: tf.mul(options.ceWeight, crossEntropy(tf, student.weak, labels, classWeights, soft)),
      kd: tf.mul(options.kdWeight, softenedKl(tf, teacher.weak, student.weak, [options.temperature])),
    }),
  };
}

/** Knowledge distillation: Hinton, Vinyals, Dean 2015 (arXiv 1503.02531), with MDistiller's defaults. */
import type { Distiller } from './distiller.ts';
import { crossEntropy, softenedKl } from './softened-kl.ts';

export interface KdOptions {
  temperature: number;
  ceWeight: number;
  kdWeight: number;
}

export const kdDefaults: KdOptions = { temperature: 4, ceWeight: 0.1, kdWeight: 0.9 };

export function createKd(overrides: Partial<KdOptions> = {}): Distiller {
  const options = { ...kdDefaults, ...overrides };
  return {
    name: 'kd',
    views: ['weak'],
    needsTeacher: true,
    options: { ...options },
    losses: (tf, { labels, student, teacher }) => ({
      ce: tf.mul(options.ceWeight, crossEntropy(tf, student.weak, labels)),
      kd: tf.mul(options.kdWeight, softenedKl(tf, teacher.weak, student.weak, [options.temperature])),
    }),
  };
}

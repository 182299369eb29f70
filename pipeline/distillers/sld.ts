/**
 * Swapped Logit Distillation (arXiv 2504.20108; Multimedia Systems 31:264, 2025). Where the teacher is wrong, the true
 * class's logit and the largest one change places before the student imitates it (teacher swap); later in training the
 * student's own swapped logits are a second, pseudo teacher (student swap). Both at temperatures 1 to 6 on both views.
 *
 * As the published code has it: the pseudo teacher starts after epoch `gammaEpoch`, and gradient flows through it too
 * (`gradientThroughPseudoTeacher`), which the paper does not say.
 */
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { Distiller } from './distiller.ts';
import { crossEntropy, softenedKl, swapTrueClass } from './softened-kl.ts';

export interface SldOptions {
  temperatures: readonly number[];
  ceWeight: number;
  kdWeight: number;
  /** The student swap is on from the epoch after this one (epochs count from 1). The paper: 150 of 240. */
  gammaEpoch: number;
  gradientThroughPseudoTeacher: boolean;
}

export const sldDefaults: SldOptions = {
  temperatures: [1, 2, 3, 4, 5, 6],
  ceWeight: 0.1,
  kdWeight: 0.9,
  gammaEpoch: 150,
  gradientThroughPseudoTeacher: true,
};

export function createSld(overrides: Partial<SldOptions> = {}): Distiller {
  const options = { ...sldDefaults, ...overrides };
  const views = ['weak', 'strong'] as const;
  return {
    name: 'sld',
    views,
    needsTeacher: true,
    options: { ...options },
    losses(tf, { labels, student, teacher, epoch }) {
      const overViews = <T>(term: (view: (typeof views)[number]) => T): T[] => views.map(term);
      const imitate = (target: Tensor2D, logits: Tensor2D) => tf.mul(options.kdWeight, softenedKl(tf, target, logits, options.temperatures));
      const losses = {
        ce: tf.mul(options.ceWeight, tf.addN(overViews((view) => crossEntropy(tf, student[view], labels)))),
        teacherSwap: tf.addN(overViews((view) => imitate(swapTrueClass(tf, teacher[view], labels), student[view]))),
      };
      if (epoch <= options.gammaEpoch) return losses;
      const pseudoTeacher = (logits: Tensor2D): Tensor2D => {
        const swapped = swapTrueClass(tf, logits, labels);
        return options.gradientThroughPseudoTeacher ? swapped : stopGradient(tf, swapped);
      };
      return { ...losses, studentSwap: tf.addN(overViews((view) => imitate(pseudoTeacher(student[view]), student[view]))) };
    },
  };
}

const stopGradient = (tf: Parameters<Distiller['losses']>[0], x: Tensor2D): Tensor2D =>
  tf.customGrad((value) => ({ value: (value as Tensor2D).clone(), gradFunc: (dy) => tf.zerosLike(dy) }))(x) as Tensor2D;

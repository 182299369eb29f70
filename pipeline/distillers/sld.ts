/**
 * Swapped Logit Distillation (arXiv 2504.20108; Multimedia Systems 31:264, 2025). Where the teacher is wrong, the true
 * class's logit and the largest one change places before the student imitates it (teacher swap); later in training the
 * student's own swapped logits are a second, pseudo teacher (student swap). Both at temperatures 1 to 6 on both views. KD with both swaps
 * on one view, as the public code has it for a plug-in, is `views=weak,temperatures=[4],kdWeight=4`.
 *
 * As the published code has it: the pseudo teacher starts after epoch `gammaEpoch`, and gradient flows through it too
 * (`gradientThroughPseudoTeacher`), which the paper does not say. Each swap can be switched off, as the paper's ablation does.
 */
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { Distiller, RunLength } from './distiller.ts';
import { fractionOrNull, resolveOptions, scheduleEpochs, temperatures, toggle, weight, type OptionTable } from './options.ts';
import { labelsOrPredictions } from './soft-labels.ts';
import { crossEntropy, softenedKl, swapTrueClass } from './softened-kl.ts';
import { standardisedWhere } from './standardise.ts';
import { joinViews, viewChoice, viewNames, type ViewChoice } from './views.ts';

export interface SldOptions {
  views: ViewChoice;
  temperatures: readonly number[];
  ceWeight: number;
  kdWeight: number;
  /** Off: the student imitates the teacher as it is, wrong or not. */
  teacherSwap: boolean;
  /** Off: there is no pseudo teacher. */
  studentSwap: boolean;
  /** The student swap is on from the epoch after this one (epochs count from 1) of a schedule of `scheduleEpochs`. The paper: 150 of 240. */
  gammaEpoch: number;
  /** 0: `gammaEpoch` is an epoch of the run, whatever its length. */
  scheduleEpochs: number;
  /** The gate as a share of the run's epochs, in place of `gammaEpoch`. */
  gammaFraction: number | null;
  gradientThroughPseudoTeacher: boolean;
  /**
   * Teacher and student are standardised row by row before they are swapped and softened (as `kd+ls`). The order does not
   * matter: a swap permutes a row, which changes neither its mean nor its deviation nor which class is the largest.
   */
  standardiseLogits: boolean;
}

export const sldOptions: OptionTable<SldOptions> = {
  views: viewChoice('both'),
  temperatures: temperatures([1, 2, 3, 4, 5, 6]),
  ceWeight: weight(0.1),
  kdWeight: weight(0.9),
  teacherSwap: toggle(true),
  studentSwap: toggle(true),
  gammaEpoch: weight(150),
  scheduleEpochs,
  gammaFraction: fractionOrNull,
  gradientThroughPseudoTeacher: toggle(true),
  standardiseLogits: toggle(false),
};

/** @param run without it, epochs are those of `scheduleEpochs` */
export function createSld(overrides: Partial<SldOptions> = {}, run?: RunLength): Distiller {
  const options = inEpochsOfTheRun(resolveOptions('sld', sldOptions, overrides), run);
  const views = viewNames(options.views);
  return {
    name: 'sld',
    views,
    needsTeacher: true,
    options: { ...options },
    losses(tf, batch) {
      const { count, epoch, labels, student, teacher, classWeights, soft } = joinViews(tf, batch, views);
      const seen = (logits: Tensor2D): Tensor2D => standardisedWhere(tf, options.standardiseLogits, logits);
      const imitated = seen(student);
      // Only an answer about a picture of one class can be wrong.
      const swapped = (logits: Tensor2D): Tensor2D => swapTrueClass(tf, logits, labelsOrPredictions(tf, labels, soft, logits));
      const imitate = (target: Tensor2D) => tf.mul(count * options.kdWeight, softenedKl(tf, target, imitated, options.temperatures));
      const ce = tf.mul(count * options.ceWeight, crossEntropy(tf, student, labels, classWeights, soft));
      const taught = seen(teacher);
      const losses = { ce, ...(options.teacherSwap ? { teacherSwap: imitate(swapped(taught)) } : { kd: imitate(taught) }) };
      if (!options.studentSwap || epoch <= options.gammaEpoch) return losses;
      const pseudoTeacher = swapped(imitated);
      return { ...losses, studentSwap: imitate(options.gradientThroughPseudoTeacher ? pseudoTeacher : stopGradient(tf, pseudoTeacher)) };
    },
  };
}

/** The same options with the gate in epochs of the run: what is used, and what stays the same when it is stated again. */
function inEpochsOfTheRun(stated: SldOptions, run?: RunLength): SldOptions {
  const epochs = run?.epochs ?? stated.scheduleEpochs;
  const share = stated.gammaFraction ?? (stated.scheduleEpochs === 0 ? null : stated.gammaEpoch / stated.scheduleEpochs);
  return {
    ...stated,
    gammaEpoch: share === null ? stated.gammaEpoch : Math.round(share * epochs),
    scheduleEpochs: epochs,
    gammaFraction: null,
  };
}

const stopGradient = (tf: Parameters<Distiller['losses']>[0], x: Tensor2D): Tensor2D =>
  tf.customGrad((value) => ({ value: (value as Tensor2D).clone(), gradFunc: (dy) => tf.zerosLike(dy) }))(x) as Tensor2D;

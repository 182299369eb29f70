/**
 * Decoupled Knowledge Distillation: Zhao et al. 2022 (arXiv 2203.08679). The KL divergence splits into a part about the
 * true class against all others (TCKD) and one among the others (NCKD), which get weights of their own.
 */
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../engines/engine.ts';
import type { Distiller, RunLength } from './distiller.ts';
import { positive, resolveOptions, scheduleEpochs, toggle, weight, type OptionTable } from './options.ts';
import { labelsOrPredictions } from './soft-labels.ts';
import { crossEntropy, softenedKl } from './softened-kl.ts';
import { standardisedWhere } from './standardise.ts';
import { classAgainstOthers, EXCLUDED } from './true-class.ts';
import { joinViews, viewChoice, viewNames, type ViewChoice } from './views.ts';
import { warmupFactor, warmupOfTheRun } from './warmup.ts';

export interface DkdOptions {
  views: ViewChoice;
  temperature: number;
  ceWeight: number;
  /** Weight of TCKD. */
  alpha: number;
  /** Weight of NCKD. */
  beta: number;
  /** The distillation loss grows linearly over these first epochs of a schedule of `scheduleEpochs`. */
  lossWarmupEpochs: number;
  /** 0: `lossWarmupEpochs` are those of the run, whatever its length. */
  scheduleEpochs: number;
  /** Teacher and student are standardised row by row before they are softened (as `kd+ls`). */
  standardiseLogits: boolean;
}

export const dkdOptions: OptionTable<DkdOptions> = {
  views: viewChoice('weak'),
  temperature: positive(4),
  ceWeight: weight(1),
  alpha: weight(1),
  beta: weight(8),
  lossWarmupEpochs: weight(20),
  scheduleEpochs,
  standardiseLogits: toggle(false),
};

/** @param run without it, epochs are those of `scheduleEpochs` */
export function createDkd(overrides: Partial<DkdOptions> = {}, run?: RunLength): Distiller {
  const options = warmupOfTheRun(resolveOptions('dkd', dkdOptions, overrides), run);
  const views = viewNames(options.views);
  return {
    name: 'dkd',
    views,
    needsTeacher: true,
    options: { ...options },
    losses(tf, batch) {
      const { count, epoch, classWeights, soft, ...joined } = joinViews(tf, batch, views);
      const seen = (logits: Tensor2D): Tensor2D => standardisedWhere(tf, options.standardiseLogits, logits);
      const [student, teacher] = [seen(joined.student), seen(joined.teacher)];
      const warmup = count * warmupFactor(epoch, options);
      // Where there is no one true class, the teacher's takes its place.
      const classes = labelsOrPredictions(tf, joined.labels, soft, teacher);
      const target = tf.mul(options.alpha, targetClassKl(tf, teacher, student, classes, options.temperature));
      const nonTarget = tf.mul(options.beta, nonTargetKl(tf, teacher, student, classes, options.temperature));
      return {
        ce: tf.mul(count * options.ceWeight, crossEntropy(tf, joined.student, joined.labels, classWeights, soft)),
        kd: tf.mul(warmup, tf.add(target, nonTarget)),
      };
    },
  };
}

/** T²·KL between the two-valued distributions (true class, all others). */
function targetClassKl(tf: Tfjs, teacher: Tensor2D, student: Tensor2D, classes: Tensor1D, temperature: number): Tensor {
  const pair = (logits: Tensor2D): Tensor2D => classAgainstOthers(tf, logits, classes, temperature);
  return tf.mul(temperature ** 2, softenedKl(tf, pair(teacher), pair(student), [1]));
}

/** T²·KL between the distributions over the classes that are not the true one. */
function nonTargetKl(tf: Tfjs, teacher: Tensor2D, student: Tensor2D, labels: Tensor1D, temperature: number): Tensor {
  const excluded = tf.mul(tf.oneHot(labels, teacher.shape[1]), EXCLUDED * temperature);
  return softenedKl(tf, tf.sub(teacher, excluded), tf.sub(student, excluded), [temperature]);
}

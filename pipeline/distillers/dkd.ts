/**
 * Decoupled Knowledge Distillation: Zhao et al. 2022 (arXiv 2203.08679). The KL divergence splits into a part about the
 * true class against all others (TCKD) and one among the others (NCKD), which get weights of their own.
 */
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../engines/engine.ts';
import type { Distiller, RunLength } from './distiller.ts';
import { positive, resolveOptions, scheduleEpochs, weight, type OptionTable } from './options.ts';
import { labelsOrPredictions } from './soft-labels.ts';
import { crossEntropy, softenedKl } from './softened-kl.ts';

export interface DkdOptions {
  temperature: number;
  ceWeight: number;
  /** Weight of TCKD. */
  alpha: number;
  /** Weight of NCKD. */
  beta: number;
  /** The distillation loss grows linearly over these first epochs of a schedule of `scheduleEpochs`. */
  warmupEpochs: number;
  /** 0: `warmupEpochs` are those of the run, whatever its length. */
  scheduleEpochs: number;
}

export const dkdOptions: OptionTable<DkdOptions> = {
  temperature: positive(4),
  ceWeight: weight(1),
  alpha: weight(1),
  beta: weight(8),
  warmupEpochs: weight(20),
  scheduleEpochs,
};

/** Taken from the true class's softened logit: far enough below the others that its probability is zero. */
const EXCLUDED = 1000;

/** @param run without it, epochs are those of `scheduleEpochs` */
export function createDkd(overrides: Partial<DkdOptions> = {}, run?: RunLength): Distiller {
  const stated = resolveOptions('dkd', dkdOptions, overrides);
  const epochs = run?.epochs ?? stated.scheduleEpochs;
  const options = {
    ...stated,
    warmupEpochs: stated.scheduleEpochs === 0 ? stated.warmupEpochs : (stated.warmupEpochs * epochs) / stated.scheduleEpochs,
    scheduleEpochs: epochs,
  };
  return {
    name: 'dkd',
    views: ['weak'],
    needsTeacher: true,
    options: { ...options },
    losses(tf, { labels, student, teacher, epoch, classWeights, soft }) {
      const warmup = Math.min(epoch / options.warmupEpochs, 1);
      // Where there is no one true class, the teacher's takes its place.
      const classes = labelsOrPredictions(tf, labels, soft, teacher.weak);
      const target = tf.mul(options.alpha, targetClassKl(tf, teacher.weak, student.weak, classes, options.temperature));
      const nonTarget = tf.mul(options.beta, nonTargetKl(tf, teacher.weak, student.weak, classes, options.temperature));
      return {
        ce: tf.mul(options.ceWeight, crossEntropy(tf, student.weak, labels, classWeights, soft)),
        kd: tf.mul(warmup, tf.add(target, nonTarget)),
      };
    },
  };
}

/** T²·KL between the two-valued distributions (true class, all others). */
function targetClassKl(tf: Tfjs, teacher: Tensor2D, student: Tensor2D, labels: Tensor1D, temperature: number): Tensor {
  const isTrue = tf.oneHot(labels, teacher.shape[1]);
  const pair = (logits: Tensor2D): Tensor2D => {
    const softened = tf.div(logits, temperature);
    const total = tf.logSumExp(softened, 1);
    const own = tf.sub(tf.sum(tf.mul(softened, isTrue), 1), total);
    const others = tf.sub(tf.logSumExp(tf.sub(softened, tf.mul(isTrue, EXCLUDED)), 1), total);
    return tf.stack([own, others], 1) as Tensor2D;
  };
  // The pairs are log-probabilities already, so their softmax at temperature 1 is themselves.
  return tf.mul(temperature ** 2, softenedKl(tf, pair(teacher), pair(student), [1]));
}

/** T²·KL between the distributions over the classes that are not the true one. */
function nonTargetKl(tf: Tfjs, teacher: Tensor2D, student: Tensor2D, labels: Tensor1D, temperature: number): Tensor {
  const excluded = tf.mul(tf.oneHot(labels, teacher.shape[1]), EXCLUDED * temperature);
  return softenedKl(tf, tf.sub(teacher, excluded), tf.sub(student, excluded), [temperature]);
}

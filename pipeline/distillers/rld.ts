/**
 * Refined Logit Distillation: Sun et al. 2024 (arXiv 2408.07703). Where the teacher is wrong its answer is not corrected but left out:
 * the student takes over how sure the teacher is (`sampleConfidence`), of whatever, and the relations among the classes that the teacher
 * holds for less likely than the true one (`maskedCorrelation`). SLD's swap in the same place is one of the corrections that it is
 * compared with; another is `revision`.
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

export interface RldOptions {
  views: ViewChoice;
  /** Temperature of the relations among classes. */
  temperature: number;
  /** Temperature of the sample's confidence. */
  confidenceTemperature: number;
  ceWeight: number;
  /** Weight of `sampleConfidence`. */
  alpha: number;
  /** Weight of `maskedCorrelation`. */
  beta: number;
  /** The distillation loss grows linearly over these first epochs of a schedule of `scheduleEpochs`. */
  lossWarmupEpochs: number;
  /** 0: `lossWarmupEpochs` are those of the run, whatever its length. */
  scheduleEpochs: number;
  /** Teacher and student are standardised row by row before they are softened (as `kd+ls`). */
  standardiseLogits: boolean;
}

export const rldOptions: OptionTable<RldOptions> = {
  views: viewChoice('weak'),
  temperature: positive(4),
  confidenceTemperature: positive(1),
  ceWeight: weight(1),
  alpha: weight(1),
  beta: weight(8),
  lossWarmupEpochs: weight(20),
  scheduleEpochs,
  standardiseLogits: toggle(false),
};

/** @param run without it, epochs are those of `scheduleEpochs` */
export function createRld(overrides: Partial<RldOptions> = {}, run?: RunLength): Distiller {
  const options = warmupOfTheRun(resolveOptions('rld', rldOptions, overrides), run);
  const views = viewNames(options.views);
  return {
    name: 'rld',
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
      return {
        ce: tf.mul(count * options.ceWeight, crossEntropy(tf, joined.student, joined.labels, classWeights, soft)),
        sampleConfidence: tf.mul(warmup * options.alpha, confidenceKl(tf, teacher, student, classes, options.confidenceTemperature)),
        maskedCorrelation: tf.mul(warmup * options.beta, maskedKl(tf, teacher, student, classes, options.temperature)),
      };
    },
  };
}

/** T²·KL between the two-valued distributions: the teacher's largest class and its others, the student's true class and its others. */
function confidenceKl(tf: Tfjs, teacher: Tensor2D, student: Tensor2D, classes: Tensor1D, temperature: number): Tensor {
  const predicted = tf.cast(tf.argMax(teacher, 1), 'int32') as Tensor1D;
  const target = classAgainstOthers(tf, teacher, predicted, temperature);
  return tf.mul(temperature ** 2, softenedKl(tf, target, classAgainstOthers(tf, student, classes, temperature), [1]));
}

/** T²·KL among the classes with a smaller logit than the true class has at the teacher; 0 for a row where there are none. */
function maskedKl(tf: Tfjs, teacher: Tensor2D, student: Tensor2D, classes: Tensor1D, temperature: number): Tensor {
  const ofTrueClass = tf.sum(tf.mul(teacher, tf.oneHot(classes, teacher.shape[1])), 1, true);
  const isSmaller = tf.cast(tf.less(teacher, ofTrueClass), 'float32');
  const excluded = tf.mul(tf.sub(1, isSmaller), -EXCLUDED * temperature);
  const kept = (logits: Tensor2D): Tensor2D => tf.add(tf.mul(logits, isSmaller), excluded);
  return softenedKl(tf, kept(teacher), kept(student), [temperature]);
}

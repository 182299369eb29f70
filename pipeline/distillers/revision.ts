/**
 * Label revision, as the public code of RLD (arXiv 2408.07703) compares with it, after Lan et al. 2024 (arXiv 2404.03693). Where the
 * teacher is right, the student learns the label and the teacher's logits. Where it is wrong, the student learns the teacher's
 * probabilities mixed with the label, so far that the true class is the largest.
 */
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../engines/engine.ts';
import { number } from '../support/value.ts';
import type { Distiller } from './distiller.ts';
import { resolveOptions, weight, type OptionTable } from './options.ts';
import { labelsOrPredictions } from './soft-labels.ts';
import { crossEntropy } from './softened-kl.ts';
import { sumOverViews, viewChoice, viewNames, type ViewChoice } from './views.ts';

export interface RevisionOptions {
  views: ViewChoice;
  ceWeight: number;
  /** Weight of the squared difference of logits where the teacher is right. */
  logitWeight: number;
  /** Weight of the squared difference of probabilities where it is wrong. */
  revisedWeight: number;
  /** The teacher keeps eta/(1 + its largest probability - that of the true class) of its say where it is wrong; the label has the rest. */
  eta: number;
}

export const revisionOptions: OptionTable<RevisionOptions> = {
  views: viewChoice('weak'),
  ceWeight: weight(1),
  logitWeight: weight(4),
  revisedWeight: weight(1),
  eta: number(0.8, { from: 0, to: 1 }),
};

export function createRevision(overrides: Partial<RevisionOptions> = {}): Distiller {
  const options = resolveOptions('revision', revisionOptions, overrides);
  const views = viewNames(options.views);
  return {
    name: 'revision',
    views,
    needsTeacher: true,
    options: { ...options },
    losses: (tf, batch) =>
      sumOverViews(tf, batch, views, ({ labels, student, teacher, classWeights, soft }) => {
        // An answer about a picture that is not of one class is never wrong.
        const classes = labelsOrPredictions(tf, labels, soft, teacher);
        const isTrue = tf.cast(tf.oneHot(classes, teacher.shape[1]), 'float32');
        const right = tf.cast(tf.equal(tf.cast(tf.argMax(teacher, 1), 'int32'), classes), 'float32').expandDims(1);
        const ofRight = { shares: tf.mul(soft?.shares ?? isTrue, right) as Tensor2D, smoothing: soft?.smoothing ?? 0 };
        const probabilities = tf.softmax(teacher);
        const fromRevised = tf.sub(tf.softmax(student), revised(tf, probabilities, isTrue, options.eta));
        return {
          ce: tf.mul(options.ceWeight, crossEntropy(tf, student, labels, classWeights, ofRight)),
          rightLogits: tf.mul(options.logitWeight, meanSquare(tf, tf.sub(student, teacher), right)),
          revisedLabels: tf.mul(options.revisedWeight, meanSquare(tf, fromRevised, tf.sub(1, right))),
        };
      }),
  };
}

/** Probabilities mixed with the labels. */
function revised(tf: Tfjs, probabilities: Tensor2D, isTrue: Tensor, eta: number): Tensor {
  const lead = tf.sub(tf.max(probabilities, 1, true), tf.sum(tf.mul(probabilities, isTrue), 1, true));
  const kept = tf.div(eta, tf.add(lead, 1));
  return tf.add(tf.mul(kept, probabilities), tf.mul(tf.sub(1, kept), isTrue));
}

/** Mean over the classes of the rows that count, which have 1 in `[B, 1]`; 0 where none does. */
const meanSquare = (tf: Tfjs, difference: Tensor, counts: Tensor): Tensor =>
  tf.div(tf.sum(tf.mul(tf.mean(tf.square(difference), 1, true), counts)), tf.maximum(tf.sum(counts), 1));

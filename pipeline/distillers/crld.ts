/**
 * Cross-View Consistency Regularisation: Zhang et al., ACM MM 2024 (arXiv 2412.16493). The student imitates the teacher within each view
 * (`withinView`) and across them (`crossView`): its answer on the weak view that of the teacher on the strong one, and the other way
 * round. Samples count within views where the teacher is sure enough of the weak view, across them where it is of the strong one.
 */
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../engines/engine.ts';
import { number } from '../support/value.ts';
import type { Distiller, ViewName } from './distiller.ts';
import { positive, resolveOptions, weight, type OptionTable } from './options.ts';
import { crossEntropy, softenedKl } from './softened-kl.ts';
import { joinViews, viewChoice, viewNames, withoutSecondView, type ViewChoice } from './views.ts';

export interface CrldOptions {
  /** With one view alone nothing crosses, and its own confidence decides. */
  views: ViewChoice;
  temperature: number;
  ceWeight: number;
  withinWeight: number;
  crossWeight: number;
  /** Least probability of the teacher's largest class on the weak view. */
  weakConfidence: number;
  /** Least probability of the teacher's largest class on the strong view. */
  strongConfidence: number;
}

export const crldOptions: OptionTable<CrldOptions> = {
  views: viewChoice('both'),
  temperature: positive(4),
  ceWeight: weight(1),
  withinWeight: weight(2),
  crossWeight: weight(0.5),
  weakConfidence: number(0.9, { from: 0, to: 1 }),
  strongConfidence: number(0.2, { from: 0, to: 1 }),
};

export function createCrld(overrides: Partial<CrldOptions> = {}): Distiller {
  const stated = resolveOptions('crld', crldOptions, overrides);
  const ofOther = stated.views === 'weak' ? 'strongConfidence' : 'weakConfidence';
  const options =
    stated.views === 'both'
      ? stated
      : { ...stated, ...withoutSecondView('crld', stated.views, { ...overrides }, ['crossWeight', ofOther]) };
  const views = viewNames(options.views);
  const least: Record<ViewName, number> = { weak: options.weakConfidence, strong: options.strongConfidence };
  return {
    name: 'crld',
    views,
    needsTeacher: true,
    options: { ...options },
    losses(tf, batch) {
      const { student, teacher } = batch;
      const sureOf = (view: ViewName): Tensor => isSure(tf, teacher[view], least[view]);
      const imitated = (pairs: [taught: ViewName, seen: ViewName][], counts: Tensor): Tensor =>
        tf.addN(
          pairs.map(([taught, seen]) =>
            softenedKl(tf, tf.mul(teacher[taught], counts), tf.mul(student[seen], counts), [options.temperature]),
          ),
        );
      const { count, labels, classWeights, soft, ...joined } = joinViews(tf, batch, views);
      const within = imitated(
        views.map((view) => [view, view]),
        sureOf(views[0]),
      );
      return {
        ce: tf.mul(count * options.ceWeight, crossEntropy(tf, joined.student, labels, classWeights, soft)),
        withinView: tf.mul(options.withinWeight, within),
        ...(views.length > 1 && { crossView: tf.mul(options.crossWeight, imitated(CROSSED, sureOf('strong'))) }),
      };
    },
  };
}

const CROSSED: [ViewName, ViewName][] = [
  ['weak', 'strong'],
  ['strong', 'weak'],
];

/**
 * 1 for a row whose largest probability is at least `least`, else 0: `[B, 1]`. A row of logits times 0 is the same for teacher and
 * student, so its divergence and gradient are 0.
 */
const isSure = (tf: Tfjs, logits: Tensor2D, least: number): Tensor =>
  tf.cast(tf.greaterEqual(tf.max(tf.softmax(logits), 1, true), least), 'float32');

import type { Tensor2D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Tfjs } from '../engines/engine.ts';
import { wasmEngine } from '../testing/engines.ts';
import { errorOf } from '../testing/error-of.ts';
import type { ViewName } from './distiller.ts';
import { distillers } from './index.ts';
import { parseMethodSpec } from './method-spec.ts';

let tf: Tfjs;
beforeAll(async () => {
  ({ tf } = await wasmEngine());
});

type Rows = number[][];
type Views = Record<ViewName, Rows>;

const LN = Math.log;
const both = (rows: Rows): Views => ({ weak: rows, strong: rows });

/** Losses of a method at its full strength (epoch 240 of 240). */
function losses(spec: string, labels: number[], student: Rows | Views, teacher: Rows | Views): Record<string, number> {
  const { method, methodOptions } = parseMethodSpec(spec);
  const uploaded = (of: Rows | Views): Record<ViewName, Tensor2D> => {
    const { weak, strong } = Array.isArray(of) ? both(of) : of;
    return { weak: tf.tensor2d(weak), strong: tf.tensor2d(strong) };
  };
  return tf.tidy(() => {
    const batch = { labels: tf.tensor1d(labels, 'int32'), student: uploaded(student), teacher: uploaded(teacher), epoch: 240 };
    const named = distillers[method].create(methodOptions, { epochs: 240 }).losses(tf, batch);
    return Object.fromEntries(Object.entries(named).map(([name, loss]) => [name, loss.dataSync()[0]]));
  });
}

const kl = (p: number[], q: number[]): number => p.reduce((sum, v, i) => sum + (v > 0 ? v * LN(v / q[i]) : 0), 0);
const logits = (...probabilities: number[]): number[] => probabilities.map(LN);

describe('dist', () => {
  it('is 0 where probabilities rise and fall together, whatever their scale, and 2 weight T² where they do the contrary', () => {
    // Columns (3/4, 1/4) and (1/4, 3/4) at the student; (0.9, 0.1) and (0.1, 0.9) at the teacher: all correlations are 1.
    const student = [logits(0.75, 0.25), logits(0.25, 0.75)];
    const teacher = [logits(0.9, 0.1), logits(0.1, 0.9)];
    const alike = losses('dist{temperature=1}', [0, 1], student, teacher);
    expect(alike.interClass).toBeCloseTo(0, 5);
    expect(alike.intraClass).toBeCloseTo(0, 5);
    expect(alike.ce).toBeCloseTo(LN(4 / 3), 6);
    const contrary = losses('dist{temperature=1,interWeight=3,intraWeight=0.5}', [0, 1], student, [...teacher].reverse());
    expect(contrary.interClass).toBeCloseTo(3 * 2, 5);
    expect(contrary.intraClass).toBeCloseTo(0.5 * 2, 5);
  });

  it('relates the samples of one view: on both views each is a batch by itself', () => {
    const one = [logits(0.7, 0.2, 0.1), logits(0.3, 0.3, 0.4)];
    const other = [logits(0.1, 0.1, 0.8), logits(0.5, 0.25, 0.25)];
    const teacher = { weak: [logits(0.6, 0.3, 0.1), logits(0.2, 0.5, 0.3)], strong: [logits(0.3, 0.1, 0.6), logits(0.4, 0.4, 0.2)] };
    const weak = losses('dist', [0, 1], one, teacher.weak);
    const strong = losses('dist', [0, 1], other, teacher.strong);
    const together = losses('dist{views=both}', [0, 1], { weak: one, strong: other }, teacher);
    for (const [name, value] of Object.entries(together)) expect(value, name).toBeCloseTo(weak[name] + strong[name], 5);
  });
});

describe('wttm', () => {
  it('softens the teacher alone, and counts a sample by the sum of its powers', () => {
    // Powers of 1/2 of (0.64, 0.36): (0.8, 0.6), whose sum is 1.4 and whose shares are 4/7 and 3/7.
    const divergence = kl([4 / 7, 3 / 7], [0.5, 0.5]);
    const { ce, kd } = losses('wttm{exponent=0.5,kdWeight=3,ceWeight=2}', [0], [[0, 0]], [logits(0.64, 0.36)]);
    expect(kd).toBeCloseTo(3 * 1.4 * divergence, 6);
    expect(ce).toBeCloseTo(2 * LN(2), 6);
    expect(losses('wttm{exponent=0.5,kdWeight=3,weighted=false}', [0], [[0, 0]], [logits(0.64, 0.36)]).kd).toBeCloseTo(3 * divergence, 6);
  });
});

describe('rld', () => {
  it('takes the confidence of a wrong teacher for the true class, and the relations among classes below it', () => {
    // The true class 1 is the teacher's second: classes 0 and 1 are masked, and 2 and 3 are left with shares 2/3 and 1/3.
    const teacher = [logits(0.5, 0.2, 0.2 * 0.99, 0.1 * 0.99 + 0.003)];
    const student = [logits(0.25, 0.25, 0.25, 0.25)];
    const { ce, sampleConfidence, maskedCorrelation } = losses('rld{temperature=1,alpha=2,beta=3}', [1], student, teacher);
    const [c, d] = [0.2 * 0.99, 0.1 * 0.99 + 0.003];
    expect(ce).toBeCloseTo(LN(4), 6);
    expect(sampleConfidence).toBeCloseTo(2 * kl([0.5, 0.5], [0.25, 0.75]), 5);
    expect(maskedCorrelation).toBeCloseTo(3 * kl([c / (c + d), d / (c + d)], [0.5, 0.5]), 5);
  });

  it('has no relations to pass on where the true class is the least likely', () => {
    expect(losses('rld', [2], [[3, 1, 0]], [[2, 1, 0]]).maskedCorrelation).toBeCloseTo(0, 6);
  });
});

describe('revision', () => {
  // Right about the first sample, wrong about the second.
  const student = [
    [0, 0],
    [0, 0],
  ];
  const teacher = [logits(0.75, 0.25), logits(0.9, 0.1)];

  it('learns label and logits where the teacher is right, a revised label where it is wrong', () => {
    const { ce, rightLogits, revisedLabels } = losses('revision', [0, 1], student, teacher);
    expect(ce).toBeCloseTo(LN(2), 6);
    expect(rightLogits).toBeCloseTo((4 * (LN(0.75) ** 2 + LN(0.25) ** 2)) / 2, 5);
    // It keeps 0.8/(1 + 0.9 - 0.1) = 4/9 of its say: 0.4 for class 0, 0.6 for class 1.
    expect(revisedLabels).toBeCloseTo(0.1 ** 2, 6);
  });

  it('divides by the samples of each kind, of which there may be none', () => {
    expect(losses('revision', [1, 1], student, [teacher[1], teacher[1]])).toMatchObject({ ce: 0, rightLogits: 0 });
    expect(losses('revision', [0, 0], student, [teacher[0], teacher[0]]).revisedLabels).toBe(0);
  });
});

describe('crld', () => {
  // Sure of the weak view of the first sample only, and of the strong view of the second only.
  const teacher = { weak: [logits(0.95, 0.05), logits(0.6, 0.4)], strong: [logits(0.6, 0.4), logits(0.7, 0.3)] };
  const student = both([
    [0, 0],
    [0, 0],
  ]);
  const even = [0.5, 0.5];

  it('imitates within views where the weak view is sure, across them where the strong one is', () => {
    const spec = 'crld{temperature=1,withinWeight=3,crossWeight=5,strongConfidence=0.65}';
    const { ce, withinView, crossView } = losses(spec, [0, 0], student, teacher);
    expect(ce).toBeCloseTo(2 * LN(2), 6);
    expect(withinView).toBeCloseTo((3 * (kl([0.95, 0.05], even) + kl([0.6, 0.4], even))) / 2, 5);
    expect(crossView).toBeCloseTo((5 * (kl([0.6, 0.4], even) + kl([0.7, 0.3], even))) / 2, 5);
  });

  it('has on one view the divergence of that view, by its own confidence', async () => {
    const weak = losses('crld{views=weak,temperature=1}', [0, 0], student, teacher);
    expect(Object.keys(weak)).toEqual(['ce', 'withinView']);
    expect(weak.withinView).toBeCloseTo((2 * kl([0.95, 0.05], even)) / 2, 5);
    const strong = losses('crld{views=strong,temperature=1,strongConfidence=0.65}', [0, 0], student, teacher);
    expect(strong.withinView).toBeCloseTo((2 * kl([0.7, 0.3], even)) / 2, 5);
    expect((await errorOf(() => parseMethodSpec('crld{views=weak,strongConfidence=0.5}'))).message).toBe(
      'option "strongConfidence" of method crld has no effect with views weak: it is of a view that there is not; leave it out, or state views=both',
    );
  });
});

describe('views', () => {
  const student = {
    weak: [
      [2, 0, 1],
      [0, 1, -1],
      [1, 1, 0],
      [3, 0, 0],
    ],
    strong: [
      [0, 1, 1],
      [1, 0, -2],
      [0, 0, 2],
      [1, 2, 0],
    ],
  };
  const teacher = {
    weak: [
      [3, 1, 0],
      [0, 4, 1],
      [0, 1, 3],
      [2, 1, 0],
    ],
    strong: [
      [2, 2.5, 0],
      [3, 1, 0],
      [1, 0, 2],
      [0, 1, 0],
    ],
  };
  const labels = [0, 1, 2, 0];

  it.each(Object.keys(distillers).filter((method) => !['mlkd', 'crld'].includes(method)))(
    'both of %s are the sum of the losses on each',
    (method) => {
      const [weak, strong, together] = ['weak', 'strong', 'both'].map((views) =>
        losses(`${method}{views=${views}}`, labels, student, teacher),
      );
      for (const [name, value] of Object.entries(together)) expect(value, name).toBeCloseTo(weak[name] + strong[name], 4);
      expect(strong.ce).not.toBeCloseTo(weak.ce, 2);
    },
  );

  it('one view of mlkd has no second divergence, and an option of it is refused', async () => {
    const [weak, whole] = ['weak', 'both'].map((views) => losses(`mlkd{views=${views}}`, labels, student, teacher));
    expect(whole.batch).toBeCloseTo(weak.batch, 5);
    expect(whole.kd).toBeGreaterThan(weak.kd + 0.1);
    expect((await errorOf(() => parseMethodSpec('mlkd{views=weak,strongTemperatures=2}'))).message).toMatch(
      /^option "strongTemperatures" of method mlkd has no effect with views weak/,
    );
  });

  it('make SLD the plug-in of the public code: KD with both swaps on the weak view', () => {
    const plugIn = losses('sld{views=weak,temperatures=[4],kdWeight=4}', labels, student, teacher);
    expect(Object.keys(plugIn)).toEqual(['ce', 'teacherSwap', 'studentSwap']);
    // The teacher is right about every weak view: its swap is none.
    expect(plugIn.teacherSwap).toBeCloseTo(losses('kd{kdWeight=4}', labels, student, teacher).kd, 5);
  });
});

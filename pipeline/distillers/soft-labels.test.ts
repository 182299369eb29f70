import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Tfjs } from '../engines/engine.ts';
import { wasmEngine } from '../testing/engines.ts';
import { createDistiller, distillers } from './index.ts';
import { labelsOrPredictions } from './soft-labels.ts';
import { crossEntropy } from './softened-kl.ts';

let tf: Tfjs;
beforeAll(async () => {
  ({ tf } = await wasmEngine());
});

const LN3 = Math.log(3);
const labelsOf = (values: number[]): Tensor1D => tf.tensor1d(values, 'int32');
const valueOf = (make: () => { dataSync(): ArrayLike<number> }): number => tf.tidy(() => make().dataSync()[0]);

describe('cross-entropy with soft labels', () => {
  // -log softmax is (ln 4/3, ln 4) in the first row, (ln 2, ln 2) in the second.
  const logits = (): Tensor2D =>
    tf.tensor2d([
      [LN3, 0],
      [0, 0],
    ]);
  const [near, far, even] = [Math.log(4 / 3), Math.log(4), Math.log(2)];

  it('smooths: 0.9 of the label, and 0.1 spread over two classes', () => {
    const expected = (0.95 * near + 0.05 * far + even) / 2;
    expect(valueOf(() => crossEntropy(tf, logits(), labelsOf([0, 1]), undefined, { smoothing: 0.1 }))).toBeCloseTo(expected, 6);
  });

  it('smooths with class weights as PyTorch does: Σ w_c·t_c·(-log p_c) / Σ w of the true classes', () => {
    const expected = (0.95 * 3 * near + 0.05 * far + 0.05 * 3 * even + 0.95 * even) / 4;
    const weights = (): Tensor1D => tf.tensor1d([3, 1]);
    expect(valueOf(() => crossEntropy(tf, logits(), labelsOf([0, 1]), weights(), { smoothing: 0.1 }))).toBeCloseTo(expected, 6);
  });

  it('takes both classes of a mixed picture, nothing of one without a label, and has the gradient (Σt·softmax - t) / Σs', () => {
    const shares = (): Tensor2D =>
      tf.tensor2d([
        [0.5, 0.5],
        [0, 0],
      ]);
    const soft = () => ({ shares: shares(), smoothing: 0 });
    const expected = 0.5 * near + 0.5 * far;
    expect(valueOf(() => crossEntropy(tf, logits(), labelsOf([0, 0]), undefined, soft()))).toBeCloseTo(expected, 6);
    const gradient = tf.tidy(() => tf.grad((z) => crossEntropy(tf, z as Tensor2D, labelsOf([0, 0]), undefined, soft()))(logits()));
    [...gradient.dataSync()].forEach((value, i) => expect(value).toBeCloseTo([0.25, -0.25, 0, 0][i], 6));
    const none = { shares: tf.zeros([2, 2]) as Tensor2D, smoothing: 0.1 };
    expect(valueOf(() => crossEntropy(tf, logits(), labelsOf([0, 0]), undefined, none))).toBeCloseTo(0, 12);
  });
});

describe('what has not exactly one class', () => {
  const batch = () => {
    const student = tf.tensor2d([
      [0, 2, 1],
      [0, 2, 1],
      [0, 2, 1],
    ]);
    const teacher = tf.tensor2d([
      [5, 1, 2],
      [5, 1, 2],
      [5, 1, 2],
    ]);
    return {
      labels: labelsOf([2, 2, 0]),
      student: { weak: student, strong: student },
      teacher: { weak: teacher, strong: teacher },
      epoch: 1,
    };
  };
  /** One class; a mixed picture; no label. */
  const shares = (): Tensor2D =>
    tf.tensor2d([
      [0, 0, 1],
      [0.5, 0, 0.5],
      [0, 0, 0],
    ]);

  it('has the predicted class in place of its label', () => {
    const found = tf.tidy(() =>
      labelsOrPredictions(tf, labelsOf([2, 2, 0]), { shares: shares(), smoothing: 0 }, batch().student.weak).dataSync(),
    );
    expect([...found]).toEqual([2, 1, 1]);
  });

  it('is not swapped by SLD: its teacher is imitated as it is', () => {
    const losses = (rows: number[][], labels: number[]): number =>
      tf.tidy(() => {
        const whole = batch();
        const view = (logits: Tensor2D): Tensor2D => logits.slice([0, 0], [labels.length, 3]);
        const student = { weak: view(whole.student.weak), strong: view(whole.student.strong) };
        const teacher = { weak: view(whole.teacher.weak), strong: view(whole.teacher.strong) };
        const soft = { shares: tf.tensor2d(rows, [labels.length, 3]), smoothing: 0 };
        const sld = createDistiller('sld', { epochs: 4 }, { temperatures: [1], kdWeight: 1 });
        return sld.losses(tf, { labels: labelsOf(labels), soft, student, teacher, epoch: 1 }).teacherSwap.dataSync()[0];
      });
    const kl = (p: number[], z: number[]): number => {
      const log = (logits: number[]): number[] => logits.map((v) => v - Math.log(logits.reduce((sum, w) => sum + Math.exp(w), 0)));
      return log(p).reduce((sum, v, i) => sum + Math.exp(v) * (v - log(z)[i]), 0);
    };
    // The teacher says class 0: swapped with class 2, it is 2, 1, 5.
    expect(losses([[0, 0, 1]], [2])).toBeCloseTo(2 * kl([2, 1, 5], [0, 2, 1]), 5);
    expect(losses([[0.5, 0, 0.5]], [2])).toBeCloseTo(2 * kl([5, 1, 2], [0, 2, 1]), 5);
    expect(losses([[0, 0, 0]], [0])).toBeCloseTo(2 * kl([5, 1, 2], [0, 2, 1]), 5);
  });

  it.each(Object.keys(distillers))('leaves every loss of %s finite', (method) => {
    const named = tf.tidy(() => {
      const losses = createDistiller(method, { epochs: 4 }).losses(tf, {
        ...batch(),
        soft: { shares: shares(), smoothing: 0.1 },
        epoch: 4,
      });
      return Object.values(losses).map((loss) => loss.dataSync()[0]);
    });
    expect(named.every(Number.isFinite)).toBe(true);
  });
});

import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine, Tfjs } from '../engines/engine.ts';
import { wasmEngine } from '../testing/engines.ts';
import { centralDifferences, uniform } from '../testing/numbers.ts';
import { relativeDifference } from '../support/difference.ts';
import { crossEntropy, softenedKl, swapTrueClass } from './softened-kl.ts';

let tf: Tfjs;
let engine: Engine;
beforeAll(async () => {
  engine = await wasmEngine();
  tf = engine.tf;
});

const LN3 = Math.log(3);
const rows = (values: number[][]): Tensor2D => tf.tensor2d(values);
const labelsOf = (values: number[]): Tensor1D => tf.tensor1d(values, 'int32');
const valueOf = (make: () => { dataSync(): ArrayLike<number> }): number => tf.tidy(() => make().dataSync()[0]);

describe('crossEntropy', () => {
  it('is the mean of -log softmax at the true class', () => {
    // softmax(0, 0) = (1/2, 1/2); softmax(ln 3, 0) = (3/4, 1/4): (ln 2 + ln 4) / 2.
    expect(
      valueOf(() =>
        crossEntropy(
          tf,
          rows([
            [0, 0],
            [LN3, 0],
          ]),
          labelsOf([0, 1]),
        ),
      ),
    ).toBeCloseTo((Math.log(2) + Math.log(4)) / 2, 6);
  });

  it('with class weights is Σ w·ce / Σ w of the true classes', () => {
    // Samples of classes 0, 1, 1 cost ln 2, ln 4, ln 4/3; class 1 weighs three times as much as class 0.
    const logits = rows([
      [0, 0],
      [LN3, 0],
      [0, LN3],
    ]);
    const weights = tf.tensor1d([0.5, 1.5]);
    const expected = (0.5 * Math.log(2) + 1.5 * (Math.log(4) + Math.log(4 / 3))) / 3.5;
    expect(valueOf(() => crossEntropy(tf, logits, labelsOf([0, 1, 1]), weights))).toBeCloseTo(expected, 6);
    expect(valueOf(() => crossEntropy(tf, logits, labelsOf([0, 1, 1]), tf.tensor1d([2, 2])))).toBeCloseTo(
      (Math.log(2) + Math.log(4) + Math.log(4 / 3)) / 3,
      6,
    );
    const gradient = tf.tidy(() => tf.grad((z) => crossEntropy(tf, z as Tensor2D, labelsOf([0, 1, 1]), weights))(logits));
    // w·(softmax - one-hot) / Σ w.
    const byHand = [-0.25, 0.25, 1.125, -1.125, 0.375, -0.375].map((value) => value / 3.5);
    gradient.dataSync().forEach((value, i) => expect(value).toBeCloseTo(byHand[i], 6));
    tf.dispose([gradient, logits, weights]);
  });

  it('does not overflow where logits are large', () => {
    expect(
      valueOf(() =>
        crossEntropy(
          tf,
          rows([
            [1000, 0],
            [0, 1000],
          ]),
          labelsOf([1, 1]),
        ),
      ),
    ).toBeCloseTo(500, 3);
  });

  it('has the gradient (softmax - one-hot) / batch', () => {
    const gradient = tf.tidy(() =>
      tf.grad((z) => crossEntropy(tf, z as Tensor2D, labelsOf([0, 1])))(
        rows([
          [0, 0],
          [LN3, 0],
        ]),
      ),
    );
    [-0.25, 0.25, 0.375, -0.375].forEach((expected, i) => expect(gradient.dataSync()[i]).toBeCloseTo(expected, 6));
    gradient.dispose();
  });
});

describe('softenedKl', () => {
  // KL of (9/10, 1/10) from (1/2, 1/2), and of (3/4, 1/4) from it.
  const klOfNine = 0.9 * Math.log(1.8) + 0.1 * Math.log(0.2);
  const klOfThree = 0.75 * Math.log(1.5) + 0.25 * Math.log(0.5);

  it('sums T² · KL over the temperatures', () => {
    // (2 ln 3, 0) softens to (9/10, 1/10) at T = 1 and to (3/4, 1/4) at T = 2.
    expect(valueOf(() => softenedKl(tf, rows([[2 * LN3, 0]]), rows([[0, 0]]), [1]))).toBeCloseTo(klOfNine, 6);
    expect(valueOf(() => softenedKl(tf, rows([[2 * LN3, 0]]), rows([[0, 0]]), [2]))).toBeCloseTo(4 * klOfThree, 6);
    expect(valueOf(() => softenedKl(tf, rows([[2 * LN3, 0]]), rows([[0, 0]]), [1, 2]))).toBeCloseTo(klOfNine + 4 * klOfThree, 6);
  });

  it('is the mean over the batch, and zero for equal rows', () => {
    const target = [
      [2 * LN3, 0],
      [1, 2],
      [5, -5],
    ];
    expect(
      valueOf(() =>
        softenedKl(
          tf,
          rows(target),
          rows([
            [0, 0],
            [1, 2],
            [5, -5],
          ]),
          [1, 2, 3],
        ),
      ),
    ).toBeGreaterThan(0);
    expect(
      valueOf(() =>
        softenedKl(
          tf,
          rows(target),
          rows([
            [0, 0],
            [1, 2],
            [5, -5],
          ]),
          [1],
        ),
      ),
    ).toBeCloseTo(klOfNine / 3, 6);
    expect(valueOf(() => softenedKl(tf, rows(target), rows(target), [1, 2, 3, 4, 5, 6]))).toBeCloseTo(0, 6);
  });

  it('is the divergence of the logits from the target, not the other way round', () => {
    // KL((1/2, 1/2) ‖ (3/4, 1/4)) = ½ ln(2/3) + ½ ln 2.
    expect(valueOf(() => softenedKl(tf, rows([[0, 0]]), rows([[LN3, 0]]), [1]))).toBeCloseTo(0.5 * Math.log(2 / 3) + 0.5 * Math.log(2), 6);
  });

  it('keeps its digits over a batch of 128 and 1,000 classes', () => {
    const [batch, classes, temperature] = [128, 1000, 0.5];
    const [target, logits] = [uniform(batch * classes, 5, -3, 3), uniform(batch * classes, 6, -3, 3)];
    let expected = 0;
    for (let row = 0; row < batch; row++) {
      const logSoftmax = (values: Float32Array): number[] => {
        const z = [...values.subarray(row * classes, (row + 1) * classes)].map((value) => value / temperature);
        const logTotal = Math.log(z.reduce((sum, value) => sum + Math.exp(value), 0));
        return z.map((value) => value - logTotal);
      };
      const [p, q] = [logSoftmax(target), logSoftmax(logits)];
      expected += p.reduce((sum, value, c) => sum + Math.exp(value) * (value - q[c]), 0) * (temperature ** 2 / batch);
    }
    const value = valueOf(() =>
      softenedKl(tf, tf.tensor2d(target, [batch, classes]), tf.tensor2d(logits, [batch, classes]), [temperature]),
    );
    expect(Math.abs(value / expected - 1)).toBeLessThan(3e-6);
  });

  it('has the gradient T · (softmax(logits/T) - softmax(target/T)) / batch in the logits', () => {
    const gradient = tf.tidy(() => tf.grad((z) => softenedKl(tf, rows([[2 * LN3, 0]]), z as Tensor2D, [2]))(rows([[0, 0]])));
    expect(gradient.dataSync()[0]).toBeCloseTo(2 * (0.5 - 0.75), 6);
    expect(gradient.dataSync()[1]).toBeCloseTo(2 * (0.5 - 0.25), 6);
    gradient.dispose();
  });
});

describe('swapTrueClass', () => {
  const swapped = (logits: number[][], labels: number[]): number[][] =>
    tf.tidy(() => swapTrueClass(tf, rows(logits), labelsOf(labels)).arraySync());

  it('exchanges the largest logit and the true class’s where they differ', () => {
    expect(
      swapped(
        [
          [5, 1, 2],
          [0.5, -3, 7],
        ],
        [1, 0],
      ),
    ).toEqual([
      [1, 5, 2],
      [7, -3, 0.5],
    ]);
  });

  it('leaves a row that is right already', () => {
    expect(
      swapped(
        [
          [5, 1, 2],
          [1, 2, 3],
        ],
        [0, 2],
      ),
    ).toEqual([
      [5, 1, 2],
      [1, 2, 3],
    ]);
  });

  it('changes nothing where the true class ties with the largest, on whichever side it stands', () => {
    expect(
      swapped(
        [
          [4, 4, 1],
          [4, 4, 1],
        ],
        [0, 1],
      ),
    ).toEqual([
      [4, 4, 1],
      [4, 4, 1],
    ]);
  });

  it('takes the first of equal largest logits', () => {
    expect(swapped([[1, 4, 4]], [0])).toEqual([[4, 1, 4]]);
  });

  it('treats each row by itself, and negative logits as any others', () => {
    expect(
      swapped(
        [
          [-1, -2, -3],
          [-3, -2, -1],
        ],
        [2, 2],
      ),
    ).toEqual([
      [-3, -2, -1],
      [-3, -2, -1],
    ]);
  });

  it('keeps values bit for bit', () => {
    const odd = [1e-30, 3.4e38, -0.1];
    expect(swapped([odd], [2])).toEqual([[Math.fround(1e-30), Math.fround(-0.1), Math.fround(3.4e38)]]);
  });

  it('has the gradient of central differences: the same exchange', () => {
    const weights = uniform(8, 3);
    const values = [3, 1, 0, -1, 0, 1, 2, 5];
    const labels = [2, 3];
    const loss = (z: Tensor2D) => tf.sum(tf.mul(swapTrueClass(tf, z, labelsOf(labels)), tf.tensor2d(weights, [2, 4])));
    const gradient = tf.tidy(() => tf.grad((z) => loss(z as Tensor2D))(tf.tensor2d(values, [2, 4])));
    const expected = centralDifferences((moved) => valueOf(() => loss(tf.tensor2d(Float32Array.from(moved), [2, 4]))), values, 0.0625);
    expect(relativeDifference(gradient.dataSync(), expected)).toBeLessThan(1e-5);
    // Row 0 exchanges entries 0 and 2; row 1 is right already.
    expect([...gradient.dataSync()]).toEqual([weights[2], weights[1], weights[0], ...weights.slice(3)]);
    gradient.dispose();
  });
});

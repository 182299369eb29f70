/**
 * Conformance of every training engine in the losses. Values are compared with plain loops in float64. Gradients, which are written by hand
 * (`distillers/softened-kl.ts`), are compared with central differences of those loops and with tfjs's own differentiation of the same
 * formula.
 */
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { crossEntropy, softenedKl, swapTrueClass } from '../distillers/softened-kl.ts';
import type { Engine, Tfjs } from '../engines/engine.ts';
import { centralDifferences, uniform } from './numbers.ts';
import { relativeDifference } from '../support/difference.ts';

const [BATCH, CLASSES] = [4, 7];
const LABELS = [0, 6, 3, 3];
const TEMPERATURES = [1, 2, 3.5];
const TOLERANCE = 2e-5;
const STEP = 1e-3;

type Rows = ArrayLike<number>;
const row = (values: Rows, index: number): number[] => Array.from({ length: CLASSES }, (_, c) => values[index * CLASSES + c]);

function logSoftmax(logits: number[]): number[] {
  const largest = Math.max(...logits);
  const logSum = Math.log(logits.reduce((sum, z) => sum + Math.exp(z - largest), 0)) + largest;
  return logits.map((z) => z - logSum);
}

interface LossCase {
  name: string;
  /** Number of its arguments of `[B, C]`; each gets its gradient. */
  arguments: number;
  ours(tf: Tfjs, inputs: Tensor2D[]): Tensor;
  /** The same by tfjs's differentiable ops. */
  composed(tf: Tfjs, inputs: Tensor2D[]): Tensor;
  plain(inputs: Rows[]): number;
}

const labelsOf = (tf: Tfjs): Tensor1D => tf.tensor1d(LABELS, 'int32');

function crossEntropyCase(name: string, weights?: number[]): LossCase {
  const share = (label: number): number => (weights ? weights[label] / LABELS.reduce((sum, each) => sum + weights[each], 0) : 1 / BATCH);
  return {
    name,
    arguments: 1,
    ours: (tf, [logits]) => crossEntropy(tf, logits, labelsOf(tf), weights && tf.tensor1d(weights)),
    composed: (tf, [logits]) =>
      tf.neg(tf.sum(tf.mul(tf.mul(tf.logSoftmax(logits), tf.oneHot(labelsOf(tf), CLASSES)), tf.tensor2d(LABELS.map(share), [BATCH, 1])))),
    plain: ([logits]) => LABELS.reduce((sum, label, b) => sum - share(label) * logSoftmax(row(logits, b))[label], 0),
  };
}

const lossCases: LossCase[] = [
  crossEntropyCase('cross-entropy'),
  crossEntropyCase('cross-entropy of weighted classes', [3, 1, 1, 0.25, 1, 1, 0.5]),
  {
    name: 'the softened KL divergence',
    arguments: 2,
    ours: (tf, [target, logits]) => softenedKl(tf, target, logits, TEMPERATURES),
    composed: (tf, [target, logits]) =>
      tf.addN(
        TEMPERATURES.map((temperature) => {
          const [p, q] = [target, logits].map((z) => tf.logSoftmax(tf.div(z, temperature)));
          return tf.mul(tf.sum(tf.mul(tf.exp(p), tf.sub(p, q))), temperature ** 2 / BATCH);
        }),
      ),
    plain: ([target, logits]) =>
      TEMPERATURES.reduce((sum, temperature) => {
        for (let b = 0; b < BATCH; b++) {
          const [p, q] = [target, logits].map((z) => logSoftmax(row(z, b).map((value) => value / temperature)));
          for (let c = 0; c < CLASSES; c++) sum += (temperature ** 2 / BATCH) * Math.exp(p[c]) * (p[c] - q[c]);
        }
        return sum;
      }, 0),
  },
];

/** @param missing why the engine is not there, for the name of the skipped suite; empty where it is */
export function describeLosses(name: string, missing: string, create: () => Promise<Engine>): void {
  describe.skipIf(missing !== '')(`losses on ${name}${missing}`, () => {
    let tf: Tfjs;
    beforeAll(async () => {
      ({ tf } = await create());
    });

    /** Value and gradients, read as an engine allows that can't be read at once. */
    async function measured(loss: (tf: Tfjs, inputs: Tensor2D[]) => Tensor, values: Float32Array[]): Promise<Rows[]> {
      const before = tf.memory().numTensors;
      const results = tf.tidy(() => {
        const inputs = values.map((data) => tf.tensor2d(data, [BATCH, CLASSES]));
        const { value, grads } = tf.valueAndGrads((...moved) => loss(tf, moved as Tensor2D[]).asScalar())(inputs);
        return [value, ...grads];
      });
      const read = await Promise.all(results.map(async (tensor) => (await tensor.data()).slice()));
      tf.dispose(results);
      expect(tf.memory().numTensors).toBe(before);
      return read;
    }

    it.each(lossCases)("$name: value and gradients are the formula's", async ({ arguments: count, ours, composed, plain }) => {
      const inputs = Array.from({ length: count }, (_, i) => uniform(BATCH * CLASSES, i + 1, -4, 4));
      const expected = [
        [plain(inputs)],
        ...inputs.map((at, moved) => centralDifferences((z) => plain(inputs.map((other, i) => (i === moved ? z : other))), at, STEP)),
      ];
      const ofOurs = await measured(ours, inputs);
      const ofTape = await measured(composed, inputs);
      expected.forEach((values, i) => {
        expect(relativeDifference(ofOurs[i], values)).toBeLessThan(TOLERANCE);
        expect(relativeDifference(ofOurs[i], ofTape[i])).toBeLessThan(TOLERANCE);
      });
    });

    it('swaps the true class with the predicted one where they differ, and its gradient likewise', async () => {
      const logits = uniform(BATCH * CLASSES, 9, -4, 4);
      const direction = uniform(BATCH * CLASSES, 10);
      const swapped = (values: Float32Array): number[] =>
        LABELS.flatMap((label, b) => {
          const predicted = row(logits, b).indexOf(Math.max(...row(logits, b)));
          return row(values, b).map((value, c, all) => (c === label ? all[predicted] : c === predicted ? all[label] : value));
        });
      const results = tf.tidy(() => {
        const [z, dy] = [logits, direction].map((data) => tf.tensor2d(data, [BATCH, CLASSES]));
        const labels = labelsOf(tf);
        return [swapTrueClass(tf, z, labels), tf.grad((moved) => swapTrueClass(tf, moved as Tensor2D, labels))(z, dy)];
      });
      const [value, gradient] = await Promise.all(results.map(async (tensor) => [...(await tensor.data())]));
      tf.dispose(results);
      expect(value).not.toEqual([...logits]);
      expect(relativeDifference(value, swapped(logits))).toBeLessThan(TOLERANCE);
      expect(relativeDifference(gradient, swapped(direction))).toBeLessThan(TOLERANCE);
    });
  });
}

/**
 * Conformance of every training engine in the operations of a transformer: forward passes are compared with plain loops in float64,
 * gradients with central differences of those loops. Run for each engine by a test file beside it.
 */
import type { Tensor, Tensor1D, Tensor3D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../engines/engine.ts';
import { centralDifferences, uniform, weightedSum } from './numbers.ts';
import { relativeDifference } from '../support/difference.ts';

/** Float32 against float64; erf itself is within 1.5e-7. */
const TOLERANCE = 2e-6;
const GRADIENT_TOLERANCE = 2e-5;
const STEP = 1e-3;
const EPSILON = 1e-6;
const [BATCH, TOKENS, WIDTH, HEADS] = [2, 5, 6, 3];

/** Layer norm over rows of `scale.length` values. */
function plainLayerNorm(x: ArrayLike<number>, scale: ArrayLike<number>, offset: ArrayLike<number>): Float64Array {
  const size = scale.length;
  const y = new Float64Array(x.length);
  for (let row = 0; row < x.length; row += size) {
    const values = Float64Array.from({ length: size }, (_, i) => x[row + i]);
    const mean = values.reduce((sum, value) => sum + value, 0) / size;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / size;
    for (let i = 0; i < size; i++) y[row + i] = ((values[i] - mean) / Math.sqrt(variance + EPSILON)) * scale[i] + offset[i];
  }
  return y;
}

/** Error function by its Maclaurin series, which converges everywhere and to 1e-12 for |x| ≤ 4. */
function plainErf(x: number): number {
  let [term, sum] = [x, x];
  for (let k = 1; k < 120; k++) {
    term *= (-x * x) / k;
    sum += term / (2 * k + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

const plainGelu = (x: ArrayLike<number>): Float64Array =>
  Float64Array.from(x, (value) => (value * (1 + plainErf(value * Math.SQRT1_2))) / 2);

/** Each token's row holds its query, key and value, each with the heads one behind the other, as PyTorch's `in_proj_weight` makes them. */
function plainAttention(x: ArrayLike<number>): Float64Array {
  const size = WIDTH / HEADS;
  const at = (image: number, token: number, part: number, head: number, i: number): number =>
    x[((image * TOKENS + token) * 3 + part) * WIDTH + head * size + i];
  const y = new Float64Array(BATCH * TOKENS * WIDTH);
  for (let image = 0; image < BATCH; image++)
    for (let head = 0; head < HEADS; head++)
      for (let token = 0; token < TOKENS; token++) {
        const scores = Float64Array.from({ length: TOKENS }, (_, other) => {
          let sum = 0;
          for (let i = 0; i < size; i++) sum += at(image, token, 0, head, i) * at(image, other, 1, head, i);
          return Math.exp(sum / Math.sqrt(size));
        });
        const total = scores.reduce((sum, score) => sum + score, 0);
        for (let other = 0; other < TOKENS; other++)
          for (let i = 0; i < size; i++)
            y[(image * TOKENS + token) * WIDTH + head * size + i] += (scores[other] / total) * at(image, other, 2, head, i);
      }
  return y;
}

/** @param missing why the engine can't be tested here, as part of the suite's name; empty where it can */
export function describeTransformerOps(name: string, missing: string, create: () => Promise<Engine>): void {
  describe.skipIf(missing !== '')(`training ops of transformers on ${name}${missing}`, () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await create();
    });

    const sequence = uniform(BATCH * TOKENS * WIDTH, 1, -2, 3);
    const scale = uniform(WIDTH, 2, 0.5, 1.5);
    const offset = uniform(WIDTH, 3);
    const projected = uniform(3 * sequence.length, 4, -2, 2);
    const weights = uniform(sequence.length, 5);
    // Both tails of the normal distribution, and its middle.
    const spread = uniform(60, 6, -5, 5);

    interface Case {
      inputs: { data: Float32Array; shape: number[] }[];
      ours(engine: Engine, inputs: Tensor[]): Tensor;
      plain(inputs: ArrayLike<number>[]): Float64Array;
    }
    const cases: [string, Case][] = [
      [
        'layerNorm',
        {
          inputs: [
            { data: sequence, shape: [BATCH, TOKENS, WIDTH] },
            { data: scale, shape: [WIDTH] },
            { data: offset, shape: [WIDTH] },
          ],
          ours: ({ ops }, [x, scale, offset]) => ops.layerNorm(x, scale as Tensor1D, offset as Tensor1D, EPSILON),
          plain: ([x, scale, offset]) => plainLayerNorm(x, scale, offset),
        },
      ],
      ['gelu', { inputs: [{ data: spread, shape: [6, 10] }], ours: ({ ops }, [x]) => ops.gelu(x), plain: ([x]) => plainGelu(x) }],
      [
        'attention',
        {
          inputs: [{ data: projected, shape: [BATCH, TOKENS, 3 * WIDTH] }],
          ours: ({ ops }, [x]) => ops.attention(x as Tensor3D, HEADS),
          plain: ([x]) => plainAttention(x),
        },
      ],
    ];

    describe.each(cases)('%s', (_name, { inputs, ours, plain }) => {
      const values = inputs.map(({ data }) => data);
      const upload = (): Tensor[] => inputs.map(({ data, shape }) => engine.tf.tensor(data, shape));

      it('equals plain loops', async () => {
        const y = engine.tf.tidy(() => ours(engine, upload()));
        expect(relativeDifference(await y.data(), plain(values))).toBeLessThan(TOLERANCE);
        y.dispose();
      });

      it('has the gradients of central differences', async () => {
        const { tf } = engine;
        const gradients = tf.tidy(() =>
          tf.grads((...moved) => {
            const y = ours(engine, moved);
            return tf.sum(tf.mul(y, tf.tensor(weights.subarray(0, y.size), y.shape))).asScalar();
          })(upload()),
        );
        for (const [i, gradient] of gradients.entries()) {
          const expected = centralDifferences(
            (moved) => weightedSum(plain(values.map((own, j) => (j === i ? moved : own))), weights),
            values[i],
            STEP,
          );
          expect(gradient.shape).toEqual(inputs[i].shape);
          expect(relativeDifference(await gradient.data(), expected)).toBeLessThan(GRADIENT_TOLERANCE);
        }
        tf.dispose(gradients);
      });

      it('leaves no tensor behind', async () => {
        const { tf } = engine;
        const before = tf.memory().numTensors;
        tf.dispose(tf.tidy(() => tf.grads((...moved) => tf.sum(ours(engine, moved)).asScalar())(upload())));
        expect(tf.memory().numTensors).toBe(before);
      });
    });

    it('gelu is 0 and x far out, without NaN in value or gradient', async () => {
      const { tf, ops } = engine;
      const [y, dx] = tf.tidy(() => {
        const x = tf.tensor1d([-1e4, -30, 0, 30, 1e4]);
        return [ops.gelu(x), tf.grad((value) => tf.sum(ops.gelu(value)).asScalar())(x)];
      });
      expect([...(await y.data())].map((value) => value + 0)).toEqual([0, 0, 0, 30, 1e4]);
      expect([...(await dx.data())].map((value) => value + 0)).toEqual([0, 0, 0.5, 1, 1]);
      tf.dispose([y, dx]);
    });
  });
}

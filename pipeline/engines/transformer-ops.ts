/**
 * The training ops of transformers from plain tfjs ops, for every engine: forward in few passes over memory, gradients by
 * hand. tfjs's tape would keep and revisit every intermediate, and its gradient of a slice is a padded copy of the whole.
 */
import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import type { Save, Tfjs, TrainingOps } from './engine.ts';

/** Standardised over the last dimension, before scale and offset, and 1/√(variance + ε), which broadcasts to it. */
export function standardise(tf: Tfjs, x: Tensor, epsilon: number): { standardised: Tensor; inverse: Tensor } {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon));
  return { standardised: tf.mul(centred, inverse), inverse };
}

/** Φ(x) = (1 + erf(x/√2)) / 2. erf itself is within 5e-8 on wasm, 3e-7 on TensorFlow, and on WebGPU 1.5e-7 by its formula (Abramowitz and Stegun 7.1.26). */
export function normalDistribution(tf: Tfjs, x: Tensor): Tensor {
  return tf.add(tf.mul(tf.erf(tf.mul(x, Math.SQRT1_2)), 0.5), 0.5);
}

interface Heads {
  /** Each `[B, heads, T, D / heads]`; the queries are divided by √(D / heads). */
  queries: Tensor;
  keys: Tensor;
  values: Tensor;
}

/** `[B, T, 3·D]`, for each token its query, key and value with the heads one behind the other, taken apart. */
export function splitHeads(tf: Tfjs, x: Tensor, heads: number): Heads {
  const [, tokens, threefold] = x.shape;
  const size = threefold / 3 / heads;
  const apart = tf.transpose(tf.reshape(x, [-1, tokens, 3, heads, size]), [2, 0, 3, 1, 4]);
  const [queries, keys, values] = tf.unstack(apart);
  return { queries: tf.mul(queries, 1 / Math.sqrt(size)), keys, values };
}

/** `[B, heads, T, D / heads]` to `[B, T, D]`. */
export function joinHeads(tf: Tfjs, x: Tensor): Tensor3D {
  const [, heads, tokens, size] = x.shape;
  return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [-1, tokens, heads * size]) as Tensor3D;
}

export function createTransformerOps(tf: Tfjs): Pick<TrainingOps, 'layerNorm' | 'gelu' | 'attention'> {
  /** Sums over rows and weighted sums along them are products of matrices: faster than reductions. */
  const product = (a: Tensor, b: Tensor): Tensor => tf.matMul(a as Tensor2D, b as Tensor2D);

  return {
    layerNorm<T extends Tensor>(x: T, scale: Tensor1D, offset: Tensor1D, epsilon: number): T {
      const features = scale.size;
      const norm = tf.customGrad((rows, scale, offset, save) => {
        const { standardised, inverse } = standardise(tf, rows as Tensor, epsilon);
        (save as Save)([standardised, inverse, scale as Tensor]);
        return {
          value: tf.add(tf.mul(standardised, scale as Tensor), offset as Tensor),
          // dx = (g - mean(g) - x̂·mean(g·x̂)) / σ with g = dy·γ.
          gradFunc(dy: Tensor, [standardised, inverse, scale]: Tensor[]) {
            const weights = tf.reshape(tf.mul(scale, 1 / features), [features, 1]);
            const ones = tf.ones([1, dy.shape[0]]);
            const aligned = tf.mul(dy, standardised);
            const centred = tf.sub(tf.mul(dy, scale), product(dy, weights));
            const dx = tf.mul(tf.sub(centred, tf.mul(standardised, product(aligned, weights))), inverse);
            return [dx, tf.reshape(product(ones, aligned), [features]), tf.reshape(product(ones, dy), [features])];
          },
        };
      });
      return tf.reshape(norm(tf.reshape(x, [-1, features]), scale, offset), x.shape) as T;
    },

    gelu<T extends Tensor>(x: T): T {
      const gelu = tf.customGrad((x, save) => {
        const below = normalDistribution(tf, x as Tensor);
        (save as Save)([x as Tensor, below]);
        return {
          value: tf.mul(x as Tensor, below),
          // Φ(x) + x·φ(x), φ(x) = exp(-x²/2)/√(2π).
          gradFunc(dy: Tensor, [x, below]: Tensor[]) {
            const density = tf.exp(tf.mul(tf.square(x), -0.5));
            return tf.mul(dy, tf.add(below, tf.mul(tf.mul(x, 1 / Math.sqrt(2 * Math.PI)), density)));
          },
        };
      });
      return gelu(x) as T;
    },

    attention(x, heads) {
      const attend = tf.customGrad((x, save) => {
        const { queries, keys, values } = splitHeads(tf, x as Tensor, heads);
        const weights = tf.softmax(tf.matMul(queries, keys, false, true));
        (save as Save)([queries, keys, values, weights]);
        return {
          value: joinHeads(tf, tf.matMul(weights, values)),
          gradFunc(dy: Tensor, [queries, keys, values, weights]: Tensor[]) {
            const [, , tokens, size] = queries.shape;
            const dOut = tf.transpose(tf.reshape(dy, [-1, tokens, heads, size]), [0, 2, 1, 3]);
            const dValues = tf.matMul(weights, dOut, true, false);
            const weighted = tf.mul(tf.matMul(dOut, values, false, true), weights);
            const dScores = tf.sub(weighted, tf.mul(weights, tf.sum(weighted, -1, true)));
            const dQueries = tf.mul(tf.matMul(dScores, keys), 1 / Math.sqrt(size));
            const dKeys = tf.matMul(dScores, queries, true, false);
            const together = tf.stack([dQueries, dKeys, dValues]);
            return tf.reshape(tf.transpose(together, [1, 3, 0, 2, 4]), [-1, tokens, 3 * heads * size]);
          },
        };
      });
      return attend(x) as Tensor3D;
    },
  };
}

/**
 * Softmax, GELU and layer norm by additions, shifts and whole divisions, as I-ViT has them (Li and Gu 2023, arXiv 2207.01405, section 3).
 * Whole numbers are held in float32, exact below 2^24; a product that needs more than that is a division rounded down.
 * Gradients are those of the functions that they stand for.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Save, Tfjs } from '../../pipeline/engines/engine.ts';

/** Bits of the fraction of an exponential. */
const FRACTION_BITS = 15;
/** Bits of a probability and of a sigmoid: multiples of 1/128. */
const PROBABILITY_LEVELS = 128;
/** σ(1.702·x)·x stands for GELU. */
const SIGMOID_FACTOR = 1.702;

const shifted = (tf: Tfjs, x: Tensor, bits: number): Tensor => tf.floor(tf.div(x, 2 ** bits));

/**
 * e^(levels·scale) up to a common factor. log2(e) is 1.0111 in base 2, and 2^-r for 0 ≤ r < 1 is the line 1 - r/2 (equations 8 to 12).
 * @param levels whole numbers, none above 0
 */
function shiftExponential(tf: Tfjs, levels: Tensor, scale: number): Tensor {
  const one = Math.floor(1 / scale);
  const powers = tf.maximum(tf.sub(tf.add(levels, shifted(tf, levels, 1)), shifted(tf, levels, 4)), -FRACTION_BITS * one);
  const whole = tf.floor(tf.div(powers, -one));
  const rest = tf.add(powers, tf.mul(whole, one));
  const line = tf.add(tf.div(rest, 2), one);
  return tf.maximum(tf.floor(tf.mul(line, tf.pow(tf.scalar(2), tf.sub(FRACTION_BITS, whole)))), 0);
}

/**
 * @param x multiples of `scale`
 * @returns multiples of 1/128 that add up to about 1 over the last dimension
 */
export function shiftSoftmax<T extends Tensor>(tf: Tfjs, x: T, scale: number): T {
  const softmax = tf.customGrad((input, save) => {
    const levels = tf.round(tf.div(input as Tensor, scale));
    const exponentials = shiftExponential(tf, tf.sub(levels, tf.max(levels, -1, true)), scale);
    const shares = tf.div(tf.mul(exponentials, PROBABILITY_LEVELS), tf.sum(exponentials, -1, true));
    const value = tf.div(tf.floor(shares), PROBABILITY_LEVELS);
    (save as Save)([value]);
    return { value, gradFunc: (dy: Tensor, [p]: Tensor[]) => tf.mul(p, tf.sub(dy, tf.sum(tf.mul(dy, p), -1, true))) };
  });
  return softmax(x) as T;
}

/** @param x multiples of `scale`, `[…, features]` */
export function shiftGelu<T extends Tensor>(tf: Tfjs, x: T, scale: number): T {
  const gelu = tf.customGrad((input, save) => {
    const levels = tf.round(tf.div(input as Tensor, scale));
    const largest = tf.maximum(tf.max(levels, -1, true), 0);
    const steep = scale * SIGMOID_FACTOR;
    const own = shiftExponential(tf, tf.sub(levels, largest), steep);
    const other = shiftExponential(tf, tf.neg(largest), steep);
    const sigmoid = tf.div(tf.floor(tf.div(tf.mul(own, PROBABILITY_LEVELS), tf.add(own, other))), PROBABILITY_LEVELS);
    (save as Save)([input as Tensor]);
    return {
      value: tf.mul(input as Tensor, sigmoid),
      gradFunc(dy: Tensor, [x]: Tensor[]) {
        const s = tf.sigmoid(tf.mul(x, SIGMOID_FACTOR));
        return tf.mul(dy, tf.add(s, tf.mul(tf.mul(tf.mul(x, SIGMOID_FACTOR), s), tf.sub(1, s))));
      },
    };
  });
  return gelu(x) as T;
}

/** Standardisation over the last dimension with the mean and the root of the sum of squares rounded to whole levels (section 3.4). */
export function shiftStandardise<T extends Tensor>(tf: Tfjs, x: T, scale: number): T {
  const standardise = tf.customGrad((input, save) => {
    const rows = input as Tensor;
    const levels = tf.round(tf.div(rows, scale));
    const centred = tf.sub(levels, tf.round(tf.mean(levels, -1, true)));
    const root = tf.maximum(tf.floor(tf.sqrt(tf.sum(tf.square(centred), -1, true))), 1);
    const width = rows.shape[rows.rank - 1];
    const value = tf.mul(tf.div(centred, root), Math.sqrt(width));
    const inverse = tf.div(Math.sqrt(width) / scale, root);
    (save as Save)([value, inverse]);
    return {
      value,
      gradFunc(dy: Tensor, [y, inverse]: Tensor[]) {
        const mean = tf.mean(dy, -1, true);
        const aligned = tf.mul(y, tf.mean(tf.mul(dy, y), -1, true));
        return tf.mul(tf.sub(tf.sub(dy, mean), aligned), inverse);
      },
    };
  });
  return standardise(x) as T;
}

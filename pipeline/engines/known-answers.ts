/** Small computations with known answers, by which an engine is tried before anything is trusted to it. */
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Tfjs } from './engine.ts';

/** Computes a product and a convolution on the current backend. @returns what came and what was expected of the first that is wrong */
export async function wrongAnswer(tf: Tfjs): Promise<string | undefined> {
  const [a, b] = [tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.tensor2d([5, 6, 7, 8], [2, 2])];
  // A 3×3 box filter on a 3×3 image of 1…9, zero padding: the sum of each pixel's neighbourhood.
  const image = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1]);
  const checks: [string, ArrayLike<number>, number[]][] = [
    ['matMul', await tf.matMul(a, b).data(), [19, 22, 43, 50]],
    ['conv2d', await tf.conv2d(image, tf.ones([3, 3, 1, 1]) as Tensor4D, 1, 'same').data(), [12, 21, 16, 27, 45, 33, 24, 39, 28]],
  ];
  const wrong = checks.find(([, got, expected]) => expected.length !== got.length || expected.some((value, i) => got[i] !== value));
  return wrong && `${wrong[0]} gave ${Array.from(wrong[1]).join(' ')}, expected ${wrong[2].join(' ')}`;
}

/** The training ops from plain tfjs ops: right on every backend, fast on none. */
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Tfjs, TrainingOps } from './engine.ts';
import { createPortableDepthwise } from './portable-depthwise.ts';
import { symmetricPadding } from './padding.ts';
import { createTransformerOps } from './transformer-ops.ts';

export function createPortableOps(tf: Tfjs): TrainingOps {
  return {
    conv2d: (x, filter, stride, padding) => tf.conv2d(x, filter, stride, symmetricPadding(padding)),

    depthwiseConv2d: createPortableDepthwise(tf),

    batchNorm(x, scale, offset, epsilon) {
      const { mean, variance } = tf.moments(x, [0, 1, 2]);
      const inverse = tf.mul(tf.rsqrt(tf.add(variance, epsilon)), scale);
      const y = tf.add(tf.mul(tf.sub(x, mean), inverse), offset) as Tensor4D;
      const count = x.size / x.shape[3];
      return { y, mean: tf.keep(mean.clone()) as Tensor1D, variance: tf.keep(tf.mul(variance, count / (count - 1))) as Tensor1D };
    },

    relu: <T extends Tensor>(x: T): T => tf.relu(x),
    relu6: <T extends Tensor>(x: T): T => tf.relu6(x),

    ...createTransformerOps(tf),
  };
}

/** Fake quantization from plain tfjs ops, for engines that have no kernel of it. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Save, Tfjs, TrainingOps } from './engine.ts';

export const fakeQuantization =
  (tf: Tfjs): TrainingOps['fakeQuantize'] =>
  <T extends Tensor>(x: T, scale: number, zeroPoint: number, largest: number): T => {
    const [low, high] = [-zeroPoint, largest - zeroPoint];
    const quantized = tf.customGrad((x, save) => {
      (save as Save)([x as Tensor]);
      const steps = tf.floor(tf.add(tf.mul(x as Tensor, 1 / scale), 0.5));
      return {
        value: tf.mul(tf.clipByValue(steps, low, high), scale),
        gradFunc(dy: Tensor, [x]: Tensor[]) {
          const inside = tf.logicalAnd(tf.greaterEqual(x, low * scale), tf.lessEqual(x, high * scale));
          return tf.mul(dy, tf.cast(inside, 'float32'));
        },
      };
    });
    return quantized(x) as T;
  };

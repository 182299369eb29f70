/** Rounding in a forward pass whose gradient is that of the smooth function (straight through; Bengio et al. 2013, arXiv 1308.3432). */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Save, Tfjs } from '../../pipeline/engines/engine.ts';

/** Rounding of the values of a forward pass, by the name of the place. */
export interface PassRounding {
  /** Activations: symmetric, one scale a tensor. */
  activation<T extends Tensor>(x: T, place: string, bits: number): T;
  /** The scale of a place, or undefined where nothing is rounded. */
  scaleOf(place: string): number | undefined;
  /** Weights: symmetric, 8 bits, one scale for each entry of the last dimension. */
  weight<T extends Tensor>(w: T): T;
}

export const asIs: PassRounding = { activation: (x) => x, scaleOf: () => undefined, weight: (w) => w };

/** Largest magnitudes of the places, which `round` takes its scales from. */
export type Magnitudes = Map<string, number>;

/** Rounding that changes nothing and keeps the magnitudes it sees. */
export function calibrating(tf: Tfjs, magnitudes: Magnitudes): PassRounding {
  return {
    ...asIs,
    activation(x, place) {
      const largest = tf.tidy(() => tf.max(tf.abs(x)).dataSync()[0]);
      magnitudes.set(place, Math.max(magnitudes.get(place) ?? 0, largest));
      return x;
    },
  };
}

/** @param magnitudes of every place */
export function rounding(tf: Tfjs, magnitudes: Magnitudes): PassRounding {
  const bitsOf = new Map<string, number>();
  const scaleOf = (place: string): number | undefined => {
    const bits = bitsOf.get(place);
    return bits === undefined ? undefined : magnitudes.get(place)! / (2 ** (bits - 1) - 1);
  };
  return {
    activation(x, place, bits) {
      bitsOf.set(place, bits);
      const scale = scaleOf(place)!;
      const most = 2 ** (bits - 1) - 1;
      const round = tf.customGrad((input, save) => {
        const levels = tf.div(input as Tensor, scale);
        (save as Save)([levels]);
        return {
          value: tf.mul(tf.clipByValue(tf.round(levels), -most, most), scale),
          // Nothing comes back for what was cut off.
          gradFunc: (dy: Tensor, [levels]: Tensor[]) => tf.mul(dy, tf.cast(tf.lessEqual(tf.abs(levels), most), 'float32')),
        };
      });
      return round(x) as typeof x;
    },
    scaleOf,
    weight(w) {
      const round = tf.customGrad((input) => {
        const axes = (input as Tensor).shape.map((_, i) => i).slice(0, -1);
        const scale = tf.maximum(tf.div(tf.max(tf.abs(input as Tensor), axes, true), 127), 1e-12);
        return { value: tf.mul(tf.round(tf.div(input as Tensor, scale)), scale), gradFunc: (dy: Tensor) => dy };
      });
      return round(w) as typeof w;
    },
  };
}

/** A convolution and its two gradients put before tfjs's tape, the same on every engine. */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Save, Tfjs } from './engine.ts';

/** The three products of a convolution that an engine computes; `dy` is the gradient of its output. */
export interface ConvolutionAndGradients {
  forward(x: Tensor, filter: Tensor): Tensor;
  inputGradient(x: Tensor, filter: Tensor, dy: Tensor): Tensor;
  filterGradient(x: Tensor, dy: Tensor): Tensor;
}

/** @param needsInputGradient false: the gradient with respect to `x` is not computed, and none flows into it */
export function differentiableConvolution(
  tf: Tfjs,
  { forward, inputGradient, filterGradient }: ConvolutionAndGradients,
  x: Tensor4D,
  filter: Tensor4D,
  needsInputGradient: boolean,
): Tensor4D {
  if (!needsInputGradient) {
    return tf.customGrad((filter, save) => {
      (save as Save)([x]);
      return { value: forward(x, filter as Tensor), gradFunc: (dy: Tensor, [x]: Tensor[]) => filterGradient(x, dy) };
    })(filter) as Tensor4D;
  }
  return tf.customGrad((x, filter, save) => {
    (save as Save)([x as Tensor, filter as Tensor]);
    return {
      value: forward(x as Tensor, filter as Tensor),
      gradFunc: (dy: Tensor, [x, filter]: Tensor[]) => [inputGradient(x, filter, dy), filterGradient(x, dy)],
    };
  })(x, filter) as Tensor4D;
}

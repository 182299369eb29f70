/**
 * Weights as whole multiples of one step for each output channel, which is the largest of its weights divided by the number of
 * levels: the encoding of the integer variant (127 levels, `weightScales`) and of 4-bit weights (7).
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../engines/engine.ts';
import type { Network } from './graph.ts';
import { stateSpec, type NetworkState } from './state.ts';

/** Of the entries that are weights of a product: the dimension on the engine that counts their outputs. */
export function weightAxes(network: Network): Map<string, number> {
  return new Map(stateSpec(network).flatMap(({ name, layout }): [string, number][] => (layout.outputs === undefined ? [] : [[name, layout.outputs]])));
}

/** Keeps the step of a channel of nothing but zeros from dividing by zero. */
const SMALLEST_STEP = 1e-30;

/** In training: the gradient passes as if nothing were rounded. */
export function roundWeights(tf: Tfjs, weights: Tensor, axis: number, levels: number): Tensor {
  const others = weights.shape.map((_, d) => d).filter((d) => d !== axis);
  const rounded = tf.customGrad((weights) => {
    const step = tf.maximum(tf.mul(tf.max(tf.abs(weights as Tensor), others, true), 1 / levels), SMALLEST_STEP);
    return { value: tf.mul(tf.round(tf.div(weights as Tensor, step)), step), gradFunc: (dy: Tensor) => dy };
  });
  return rounded(weights);
}

/** The same on the host. @param weights `[outputs, …]` */
export function roundedWeights(weights: Float32Array, outputs: number, levels: number): Float32Array {
  const size = weights.length / outputs;
  const rounded = new Float32Array(weights.length);
  for (let o = 0; o < outputs; o++) {
    const own = weights.subarray(o * size, (o + 1) * size);
    const step = own.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0) / levels;
    if (step > 0) own.forEach((weight, i) => (rounded[o * size + i] = Math.round(weight / step) * step));
  }
  return rounded;
}

/** A network's state with its weights rounded as the network says (`weightLevels`); the state itself where it says nothing. */
export function roundedState(network: Network, state: NetworkState): NetworkState {
  const { weightLevels } = network;
  if (weightLevels === undefined) return state;
  const axes = weightAxes(network);
  return new Map([...state].map(([name, { shape, data }]) => [name, { shape, data: axes.has(name) ? roundedWeights(data, shape[0], weightLevels) : data }]));
}

/** Weights that training sees rounded: on an engine, with a gradient that passes straight through, and in the state that comes of it. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../engines/engine.ts';
import type { Network } from './graph.ts';
import { roundedWeights, type Rounding } from './rounding.ts';
import { stateSpec, type NetworkState } from './state.ts';

/** A rounding that is computed anew in every step: a scale for each output channel, by its largest weight. */
export type TrainableRounding = Rounding & { granularity: 'channel'; levels: { kind: 'symmetric' }; rule: 'largest'; scales: 'float64' };

/** Dimension on the engine that counts the outputs, for each entry that is the weights of a product. */
export function weightAxes(network: Network): Map<string, number> {
  return new Map(
    stateSpec(network).flatMap(({ name, layout }): [string, number][] => (layout.outputs === undefined ? [] : [[name, layout.outputs]])),
  );
}

/** Keeps the step of a channel of nothing but zeros from dividing by zero. */
const SMALLEST_STEP = 1e-30;

/** Rounded weights; the gradient passes as if nothing were rounded (Bengio et al. 2013, arXiv 1308.3432). @param axis of the outputs */
export function roundOnEngine(tf: Tfjs, weights: Tensor, axis: number, { levels }: TrainableRounding): Tensor {
  const others = weights.shape.map((_, d) => d).filter((d) => d !== axis);
  const straightThrough = tf.customGrad((weights) => {
    const step = tf.maximum(tf.mul(tf.max(tf.abs(weights as Tensor), others, true), 1 / levels.largest), SMALLEST_STEP);
    return { value: tf.mul(tf.round(tf.div(weights as Tensor, step)), step), gradFunc: (dy: Tensor) => dy };
  });
  return straightThrough(weights);
}

/** A network's state with its weights rounded as the network says (`weightRounding`); the state itself where it says nothing. */
export function roundedState(network: Network, state: NetworkState): NetworkState {
  const { weightRounding } = network;
  if (!weightRounding) return state;
  const axes = weightAxes(network);
  return new Map(
    [...state].map(([name, { shape, data }]) => [
      name,
      { shape, data: axes.has(name) ? roundedWeights({ data, shape, outputAxis: 0 }, weightRounding) : data },
    ]),
  );
}

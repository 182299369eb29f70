/** Weights that training sees rounded: on an engine, with a gradient that passes straight through, and in the state that comes of it. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../engines/engine.ts';
import type { Network } from './graph.ts';
import { levelsTimesSteps, roundedWeights, type Rounding, type Weights } from './rounding.ts';
import { stateSpec, stepName, type NetworkState } from './state.ts';

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

/**
 * Rounded weights; the gradient passes as if nothing were rounded (Bengio et al. 2013, arXiv 1308.3432).
 * @param axis of the outputs
 * @param steps that are trained, one for each output; absent: the largest weight of an output is its largest level
 */
export function roundOnEngine(tf: Tfjs, weights: Tensor, axis: number, { levels }: TrainableRounding, steps?: Tensor | false): Tensor {
  const others = weights.shape.map((_, d) => d).filter((d) => d !== axis);
  if (steps) return roundByLearnedSteps(tf, weights, steps, axis, levels.largest);
  const straightThrough = tf.customGrad((weights) => {
    const step = tf.maximum(tf.mul(tf.max(tf.abs(weights as Tensor), others, true), 1 / levels.largest), SMALLEST_STEP);
    return { value: tf.mul(tf.round(tf.div(weights as Tensor, step)), step), gradFunc: (dy: Tensor) => dy };
  });
  return straightThrough(weights);
}

/**
 * Learned step sizes (Esser et al. 2020, LSQ, arXiv 1902.08153): levels from -Q to Q, equation 3 for a step's gradient, which is scaled
 * by 1/√(N·Q) with N the weights that share it (section 2.2); no gradient for weights beyond the levels (equation 5).
 */
function roundByLearnedSteps(tf: Tfjs, weights: Tensor, steps: Tensor, axis: number, largest: number): Tensor {
  const spread = weights.shape.map((size, d) => (d === axis ? size : 1));
  const others = spread.flatMap((_, d) => (d === axis ? [] : [d]));
  const gradientScale = 1 / Math.sqrt((weights.size / steps.size) * largest);
  const round = tf.customGrad((weights, steps, save) => {
    const step = tf.reshape(tf.maximum(steps as Tensor, SMALLEST_STEP), spread);
    const ratio = tf.div(weights as Tensor, step);
    const level = tf.clipByValue(tf.round(ratio), -largest, largest);
    (save as (tensors: Tensor[]) => void)([ratio, level]);
    return {
      value: tf.mul(level, step),
      gradFunc: (dy: Tensor, [ratio, level]: Tensor[]) => {
        const inside = tf.cast(tf.lessEqual(tf.abs(ratio), largest), 'float32');
        const ofSteps = tf.sum(tf.mul(dy, tf.sub(level, tf.mul(ratio, inside))), others);
        return [tf.mul(dy, inside), tf.mul(ofSteps, gradientScale)];
      },
    };
  });
  return round(weights, steps);
}

/** A network's state with its weights rounded as the network says (`weightRounding`); the state itself where it says nothing. */
export function roundedState(network: Network, state: NetworkState): NetworkState {
  const { weightRounding, learnsSteps } = network;
  if (!weightRounding) return state;
  const axes = weightAxes(network);
  const rounded = (name: string, weights: Weights): Float32Array =>
    learnsSteps ? levelsTimesSteps(weights, weightRounding, state.get(stepName(name))!.data) : roundedWeights(weights, weightRounding);
  return new Map(
    [...state].map(([name, { shape, data }]) => [
      name,
      { shape, data: axes.has(name) ? rounded(name, { data, shape, outputAxis: 0 }) : data },
    ]),
  );
}

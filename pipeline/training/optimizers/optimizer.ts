/** Interface of optimizers. An optimizer updates a network's parameters in place, and its state is part of a checkpoint. */
import type { NamedTensorMap, Tensor } from '@tensorflow/tfjs-core';
import type { DeviceParameters } from '../../networks/train-forward.ts';

export interface Optimizer {
  /** Tensors in device layout, each named `<slot>.<parameter>`: `velocity.fc.weight`. */
  state: Map<string, Tensor>;
  /**
   * @param gradients by parameter name
   * @param step how many steps this one makes, over the whole training; from 1
   */
  apply(gradients: NamedTensorMap, learningRate: number, step: number): void;
  dispose(): void;
}

/** A slot's tensor of every parameter: those that are given, zeros if there are none. */
export function slotState(
  tf: Pick<typeof import('@tensorflow/tfjs-core'), 'zerosLike'>,
  parameters: DeviceParameters,
  slots: readonly string[],
  initial?: Map<string, Tensor>,
): Map<string, Tensor> {
  const state = new Map<string, Tensor>();
  for (const slot of slots)
    for (const [name, parameter] of parameters) state.set(`${slot}.${name}`, initial?.get(`${slot}.${name}`) ?? tf.zerosLike(parameter));
  return state;
}

/** The parameter that an entry of `Optimizer.state` belongs to. */
export const parameterOf = (entry: string): string => entry.slice(entry.indexOf('.') + 1);

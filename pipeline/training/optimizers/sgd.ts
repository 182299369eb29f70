/**
 * Stochastic gradient descent with momentum and weight decay as PyTorch's `torch.optim.SGD` computes it:
 * g ← g + λ·w;  v ← μ·v + g;  w ← w - η·v  (Nesterov: w ← w - η·(g + μ·v)).
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../../engines/engine.ts';
import type { DeviceParameters } from '../../networks/train-forward.ts';
import { slotState, type Optimizer } from './optimizer.ts';

export interface SgdOptions {
  momentum: number;
  weightDecay: number;
  nesterov: boolean;
}

/** @param initial the state of a checkpoint; the optimizer owns its tensors from here on */
export function createSgd(tf: Tfjs, parameters: DeviceParameters, options: SgdOptions, initial?: Map<string, Tensor>): Optimizer {
  const { momentum, weightDecay, nesterov } = options;
  const state = slotState(tf, parameters, ['velocity'], initial);
  return {
    state,
    apply(gradients, learningRate) {
      for (const [name, parameter] of parameters) {
        const previous = state.get(`velocity.${name}`)!;
        const [velocity, updated] = tf.tidy(() => {
          const gradient = tf.add(gradients[name], tf.mul(parameter, weightDecay));
          const velocity = tf.add(tf.mul(previous, momentum), gradient);
          const direction = nesterov ? tf.add(gradient, tf.mul(velocity, momentum)) : velocity;
          return [velocity, tf.sub(parameter, tf.mul(direction, learningRate))];
        });
        parameter.assign(updated);
        updated.dispose();
        previous.dispose();
        state.set(`velocity.${name}`, tf.keep(velocity));
      }
    },
    dispose() {
      for (const tensor of state.values()) tensor.dispose();
      state.clear();
    },
  };
}

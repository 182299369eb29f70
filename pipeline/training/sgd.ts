/**
 * Stochastic gradient descent with momentum and weight decay as PyTorch's `torch.optim.SGD` computes it:
 * g ← g + λ·w;  v ← μ·v + g;  w ← w - η·v  (Nesterov: w ← w - η·(g + μ·v)).
 */
import type { NamedTensorMap, Tensor } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../engines/engine.ts';
import type { DeviceParameters } from '../networks/train-forward.ts';

export interface SgdOptions {
  momentum: number;
  weightDecay: number;
  nesterov: boolean;
}

export interface Sgd {
  /** In device layout, by parameter name; part of a checkpoint. */
  velocities: Map<string, Tensor>;
  /** Updates the parameters in place from gradients by name. */
  apply(gradients: NamedTensorMap, learningRate: number): void;
  dispose(): void;
}

export function createSgd(tf: Tfjs, parameters: DeviceParameters, options: SgdOptions, initial?: Map<string, Tensor>): Sgd {
  const { momentum, weightDecay, nesterov } = options;
  const velocities = new Map<string, Tensor>();
  for (const [name, parameter] of parameters) velocities.set(name, initial?.get(name) ?? tf.zerosLike(parameter));
  return {
    velocities,
    apply(gradients, learningRate) {
      for (const [name, parameter] of parameters) {
        const previous = velocities.get(name)!;
        const [velocity, updated] = tf.tidy(() => {
          const gradient = tf.add(gradients[name], tf.mul(parameter, weightDecay));
          const velocity = tf.add(tf.mul(previous, momentum), gradient);
          const direction = nesterov ? tf.add(gradient, tf.mul(velocity, momentum)) : velocity;
          return [velocity, tf.sub(parameter, tf.mul(direction, learningRate))];
        });
        parameter.assign(updated);
        updated.dispose();
        previous.dispose();
        velocities.set(name, tf.keep(velocity));
      }
    },
    dispose() {
      for (const velocity of velocities.values()) velocity.dispose();
      velocities.clear();
    },
  };
}

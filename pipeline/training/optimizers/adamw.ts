/**
 * Adam with decoupled weight decay (Loshchilov and Hutter 2019, arXiv 1711.05101) as PyTorch's `torch.optim.AdamW`
 * computes it: w ← w·(1 - η·λ);  m ← β₁·m + (1-β₁)·g;  v ← β₂·v + (1-β₂)·g²;
 * w ← w - η·m̂/(√v̂ + ε), m̂ = m/(1-β₁ᵗ), v̂ = v/(1-β₂ᵗ).
 * As transformers are usually trained, what is no matrix or filter (norms, biases, class tokens and position embeddings)
 * does not decay.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../../engines/engine.ts';
import type { DeviceParameters } from '../../networks/train-forward.ts';
import { slotState, type Optimizer } from './optimizer.ts';

export interface AdamwOptions {
  weightDecay: number;
  beta1?: number;
  beta2?: number;
  epsilon?: number;
}

/** @param initial the state of a checkpoint; the optimizer owns its tensors from here on */
export function createAdamw(tf: Tfjs, parameters: DeviceParameters, options: AdamwOptions, initial?: Map<string, Tensor>): Optimizer {
  const { weightDecay, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  const state = slotState(tf, parameters, ['firstMoment', 'secondMoment'], initial);
  return {
    state,
    apply(gradients, learningRate, step) {
      const rate = learningRate / (1 - beta1 ** step);
      const correction = Math.sqrt(1 - beta2 ** step);
      for (const [name, parameter] of parameters) {
        const [previousFirst, previousSecond] = [state.get(`firstMoment.${name}`)!, state.get(`secondMoment.${name}`)!];
        const kept = 1 - (decays(name, parameter) ? learningRate * weightDecay : 0);
        const [first, second, updated] = tf.tidy(() => {
          const gradient = gradients[name];
          const first = tf.add(tf.mul(previousFirst, beta1), tf.mul(gradient, 1 - beta1));
          const second = tf.add(tf.mul(previousSecond, beta2), tf.mul(tf.square(gradient), 1 - beta2));
          const scale = tf.add(tf.div(tf.sqrt(second), correction), epsilon);
          return [first, second, tf.sub(tf.mul(parameter, kept), tf.mul(tf.div(first, scale), rate))];
        });
        parameter.assign(updated);
        updated.dispose();
        for (const [slot, previous, tensor] of [
          ['firstMoment', previousFirst, first],
          ['secondMoment', previousSecond, second],
        ] as const) {
          previous.dispose();
          state.set(`${slot}.${name}`, tf.keep(tensor));
        }
      }
    },
    dispose() {
      for (const tensor of state.values()) tensor.dispose();
      state.clear();
    },
  };
}

/** Returns true for a parameter that weight decay applies to. */
export const decays = (name: string, { rank }: Tensor): boolean =>
  rank >= 2 && !/(^|\.)(cls_token|dist_token|pos_embed|pos_embedding|class_token)$/.test(name);

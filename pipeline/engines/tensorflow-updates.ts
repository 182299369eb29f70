/**
 * Updates of many tensors on TensorFlow's CPU: loops over the host's own copies, instead of half a dozen native ops and
 * their tensors for each parameter. The same float32 roundings as those ops, so the same bits.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { InPlaceUpdate, InPlaceUpdates } from './engine.ts';
import type { NativeBackend } from './tensorflow-native.ts';

const { fround: f } = Math;

export function createHostUpdates(backend: NativeBackend): InPlaceUpdates {
  /** The tensor's values from now on are those of this array, copied when an op next uses it. */
  function put(tensor: Tensor, values: Float32Array): void {
    const entry = backend.tensorMap.get(tensor.dataId);
    if (entry.id >= 0) backend.binding.deleteTensor(entry.id);
    entry.id = -1;
    entry.values = values;
  }

  /** Groups of tensors and what one call does to the arrays of one place in each. */
  function create<Numbers extends unknown[]>(groups: readonly (readonly Tensor[])[], update: (given: Float32Array, arrays: Float32Array[], place: number, ...numbers: Numbers) => void): InPlaceUpdate<Numbers> {
    const arrays = groups[0].map((_, place) => groups.map((tensors) => (tensors[place].dataSync() as Float32Array).slice()));
    const putAll = (): void => groups.forEach((tensors, group) => tensors.forEach((tensor, place) => put(tensor, arrays[place][group])));
    return {
      apply(given, ...numbers) {
        given.forEach((tensor, place) => update(tensor.dataSync() as Float32Array, arrays[place], place, ...numbers));
        putAll();
      },
      dispose() {},
    };
  }

  return {
    sgd(parameters, velocities, { momentum, weightDecay, nesterov }) {
      const [mu, lambda] = [f(momentum), f(weightDecay)];
      return create<[number]>([parameters, velocities], (given, [parameter, velocity], _place, rate) => {
        const eta = f(rate);
        for (let i = 0; i < parameter.length; i++) {
          const gradient = f(given[i] + f(parameter[i] * lambda));
          const next = f(f(velocity[i] * mu) + gradient);
          velocity[i] = next;
          const direction = nesterov ? f(gradient + f(next * mu)) : next;
          parameter[i] = f(parameter[i] - f(direction * eta));
        }
      });
    },

    adamw(parameters, firstMoments, secondMoments, { decays, beta1, beta2, epsilon }) {
      const [b1, b2, one1, one2, eps] = [beta1, beta2, 1 - beta1, 1 - beta2, epsilon].map(f);
      return create<[number, number, number]>([parameters, firstMoments, secondMoments], (given, [parameter, first, second], place, rate, decay, correction) => {
        const [eta, kept, root] = [f(rate), decays[place] ? f(decay) : 1, f(correction)];
        for (let i = 0; i < parameter.length; i++) {
          const m = f(f(first[i] * b1) + f(given[i] * one1));
          const v = f(f(second[i] * b2) + f(f(given[i] * given[i]) * one2));
          first[i] = m;
          second[i] = v;
          const direction = f(m / f(f(f(Math.sqrt(v)) / root) + eps));
          parameter[i] = f(f(parameter[i] * kept) - f(direction * eta));
        }
      });
    },

    blend(running, share) {
      const [old, fresh] = [f(1 - share), f(share)];
      return create<[]>([running], (given, [values]) => {
        for (let i = 0; i < values.length; i++) values[i] = f(f(values[i] * old) + f(given[i] * fresh));
      });
    },
  };
}

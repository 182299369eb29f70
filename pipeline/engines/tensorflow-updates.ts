/**
 * Updates of many tensors on TensorFlow's CPU: loops over the host's own copies, instead of half a dozen native ops and
 * their tensors for each parameter. The same float32 roundings as those ops, so the same bits.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { InPlaceUpdate, InPlaceUpdates } from './engine.ts';
import type { NativeBackend } from './tensorflow-native.ts';

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
      const [mu, lambda] = [momentum, weightDecay].map(Math.fround);
      return create<[number]>([parameters, velocities], (given, [parameter, velocity], _place, rate) => {
        const eta = Math.fround(rate);
        for (let i = 0; i < parameter.length; i++) {
          const weight = parameter[i];
          const gradient = Math.fround(given[i] + Math.fround(weight * lambda));
          const next = Math.fround(Math.fround(velocity[i] * mu) + gradient);
          velocity[i] = next;
          const direction = nesterov ? Math.fround(gradient + Math.fround(next * mu)) : next;
          parameter[i] = Math.fround(weight - Math.fround(direction * eta));
        }
      });
    },

    adamw(parameters, firstMoments, secondMoments, { decays, beta1, beta2, epsilon }) {
      const [b1, b2, one1, one2, eps] = [beta1, beta2, 1 - beta1, 1 - beta2, epsilon].map(Math.fround);
      return create<[number, number, number]>([parameters, firstMoments, secondMoments], (given, [parameter, first, second], place, rate, decay, correction) => {
        const [eta, kept, root] = [rate, decays[place] ? decay : 1, correction].map(Math.fround);
        for (let i = 0; i < parameter.length; i++) {
          const gradient = given[i];
          const m = Math.fround(Math.fround(first[i] * b1) + Math.fround(gradient * one1));
          const v = Math.fround(Math.fround(second[i] * b2) + Math.fround(Math.fround(gradient * gradient) * one2));
          first[i] = m;
          second[i] = v;
          const direction = Math.fround(m / Math.fround(Math.fround(Math.fround(Math.sqrt(v)) / root) + eps));
          parameter[i] = Math.fround(Math.fround(parameter[i] * kept) - Math.fround(direction * eta));
        }
      });
    },

    blend(running, share) {
      const [old, fresh] = [1 - share, share].map(Math.fround);
      return create<[]>([running], (given, [values]) => {
        for (let i = 0; i < values.length; i++) values[i] = Math.fround(Math.fround(values[i] * old) + Math.fround(given[i] * fresh));
      });
    },
  };
}

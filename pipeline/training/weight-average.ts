/**
 * Moving average of a network's weights and running statistics (EMA; Polyak and Juditsky 1992): what is evaluated and kept instead of
 * the last step's. Each step: average ← d·average + (1 - d)·weights, d = min(decay, (1 + t) / (10 + t)) after t steps, so that the first
 * weights do not count for long.
 */
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../engines/engine.ts';
import type { Network } from '../networks/graph.ts';
import { stateSpec, type NetworkState } from '../networks/state.ts';
import type { DeviceState } from './device-state.ts';

export interface WeightAverage {
  /** Takes the weights of a step in. @param step how many steps this one makes, over the whole training; from 1 */
  add(step: number): void;
  /** A copy on the host in PyTorch's layout. */
  download(): Promise<NetworkState>;
  dispose(): void;
}

/** Share of the average that stays when the weights of a step come to it. */
export const shareKept = (decay: number, step: number): number => Math.min(decay, step / (9 + step));

/** @param initial the average so far, of a training that goes on; absent: it begins with the device's state */
export function createWeightAverage(tf: Tfjs, network: Network, device: DeviceState, decay: number, initial?: NetworkState): WeightAverage {
  const averages = new Map<string, Variable>();
  for (const { name, layout, ...entry } of stateSpec(network)) {
    const current = device.variable(name);
    const known = initial && layout.toDevice(initial.get(name)!.data, entry.shape);
    const value: Tensor = known ? tf.tensor(known.data.slice(), known.shape, 'float32') : tf.clone(current);
    averages.set(name, tf.variable(value, false));
    value.dispose();
  }
  return {
    add(step) {
      const kept = shareKept(decay, step);
      for (const [name, average] of averages) {
        const next = tf.tidy(() => tf.add(tf.mul(average, kept), tf.mul(device.variable(name), 1 - kept)));
        average.assign(next);
        next.dispose();
      }
    },
    async download() {
      const out: NetworkState = new Map();
      for (const { name, shape, layout } of stateSpec(network)) {
        // A read may return the engine's own memory.
        out.set(name, { shape, data: layout.fromDevice(((await averages.get(name)!.data()) as Float32Array).slice(), shape) });
      }
      return out;
    },
    dispose() {
      for (const average of averages.values()) average.dispose();
    },
  };
}

/** A network's state on an engine: trainable variables and running statistics, and the way back to the host. */
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { InPlaceUpdates, Tfjs } from '../engines/engine.ts';
import type { Network } from '../networks/graph.ts';
import { stateSpec, type NetworkState } from '../networks/state.ts';
import type { BatchStatistics, DeviceParameters } from '../networks/train-forward.ts';

/** Share of the new batch in the running statistics (PyTorch's `momentum` of BatchNorm2d). */
const STATISTICS_MOMENTUM = 0.1;

export interface DeviceState {
  parameters: DeviceParameters;
  /** running ← 0.9·running + 0.1·batch, and disposes the batch's statistics. */
  updateRunningStatistics(statistics: BatchStatistics[]): void;
  /** The trainable variable or running statistic of this name. */
  variable(name: string): Variable;
  /** A copy on the host in PyTorch's layout. */
  download(): Promise<NetworkState>;
  dispose(): void;
}

/** @param updates the engine's, where it has them */
export function uploadState(tf: Tfjs, network: Network, state: NetworkState, updates?: InPlaceUpdates): DeviceState {
  const parameters: DeviceParameters = new Map();
  const buffers = new Map<string, Variable>();
  for (const { name, trainable, layout, ...entry } of stateSpec(network)) {
    const { data, shape } = layout.toDevice(state.get(name)!.data, entry.shape);
    const initial = tf.tensor(data.slice(), shape, 'float32');
    const variable = tf.variable(initial, trainable);
    initial.dispose();
    (trainable ? parameters : buffers).set(name, variable);
  }
  const names = [...buffers.keys()];
  const inPlace = updates && names.length > 0 ? updates.blend([...buffers.values()], STATISTICS_MOMENTUM) : undefined;
  const blend = (running: Variable, batch: Tensor): void => {
    const next = tf.tidy(() => tf.add(tf.mul(running, 1 - STATISTICS_MOMENTUM), tf.mul(batch, STATISTICS_MOMENTUM)));
    running.assign(next);
    next.dispose();
    batch.dispose();
  };
  const variable = (name: string): Variable => (parameters.get(name) ?? buffers.get(name))! as Variable;
  return {
    parameters,
    variable,
    updateRunningStatistics(statistics) {
      if (inPlace) {
        const given = new Map(
          statistics.flatMap(({ name, mean, variance }): [string, Tensor][] => [
            [`${name}.running_mean`, mean],
            [`${name}.running_var`, variance],
          ]),
        );
        inPlace.apply(names.map((name) => given.get(name)!));
        for (const tensor of given.values()) tensor.dispose();
        return;
      }
      for (const { name, mean, variance } of statistics) {
        blend(buffers.get(`${name}.running_mean`)!, mean);
        blend(buffers.get(`${name}.running_var`)!, variance);
      }
    },
    async download() {
      const out: NetworkState = new Map();
      for (const { name, shape, layout } of stateSpec(network)) {
        // A read may return the engine's own memory.
        out.set(name, { shape, data: layout.fromDevice(((await variable(name).data()) as Float32Array).slice(), shape) });
      }
      return out;
    },
    dispose() {
      for (const variable of [...parameters.values(), ...buffers.values()]) variable.dispose();
      inPlace?.dispose();
    },
  };
}

/** The optimizers on an engine that updates all parameters at once (`Engine.updates`): the same formulas, the same state. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { InPlaceUpdates, Tfjs } from '../../engines/engine.ts';
import type { DeviceParameters } from '../../networks/train-forward.ts';
import { decays, type AdamwOptions } from './adamw.ts';
import { slotState, type Optimizer } from './optimizer.ts';
import type { SgdOptions } from './sgd.ts';

type Create<Options> = (
  tf: Tfjs,
  updates: InPlaceUpdates,
  parameters: DeviceParameters,
  options: Options,
  initial?: Map<string, Tensor>,
) => Optimizer;

const sgd: Create<SgdOptions> = (tf, updates, parameters, options, initial) => {
  const names = [...parameters.keys()];
  const state = slotState(tf, parameters, ['velocity'], initial);
  const update = updates.sgd(
    [...parameters.values()],
    names.map((name) => state.get(`velocity.${name}`)!),
    options,
  );
  return {
    state,
    apply: (gradients, learningRate) =>
      update.apply(
        names.map((name) => gradients[name]),
        learningRate,
      ),
    dispose: () => disposeAll(state, update),
  };
};

const adamw: Create<AdamwOptions> = (tf, updates, parameters, { weightDecay, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }, initial) => {
  const names = [...parameters.keys()];
  const state = slotState(tf, parameters, ['firstMoment', 'secondMoment'], initial);
  const [first, second] = ['firstMoment', 'secondMoment'].map((slot) => names.map((name) => state.get(`${slot}.${name}`)!));
  const update = updates.adamw([...parameters.values()], first, second, {
    decays: [...parameters].map(([name, parameter]) => decays(name, parameter)),
    beta1,
    beta2,
    epsilon,
  });
  return {
    state,
    apply: (gradients, learningRate, step) =>
      update.apply(
        names.map((name) => gradients[name]),
        learningRate / (1 - beta1 ** step),
        1 - learningRate * weightDecay,
        Math.sqrt(1 - beta2 ** step),
      ),
    dispose: () => disposeAll(state, update),
  };
};

export const createInPlace = { sgd, adamw };

function disposeAll(state: Map<string, Tensor>, update: { dispose(): void }): void {
  for (const tensor of state.values()) tensor.dispose();
  state.clear();
  update.dispose();
}

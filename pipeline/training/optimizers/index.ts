/** The optimizers there are, by name. Adding one is one file and one line here. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Engine, Tfjs } from '../../engines/engine.ts';
import type { DeviceParameters } from '../../networks/train-forward.ts';
import { createAdamw } from './adamw.ts';
import { createInPlace } from './in-place.ts';
import type { Optimizer } from './optimizer.ts';
import { createSgd } from './sgd.ts';

export interface OptimizerOptions {
  weightDecay: number;
  /** `sgd` only. */
  momentum: number;
  nesterov: boolean;
}

type CreateOptimizer = (tf: Tfjs, parameters: DeviceParameters, options: OptimizerOptions, initial?: Map<string, Tensor>) => Optimizer;

export const optimizers = { sgd: createSgd, adamw: createAdamw } satisfies Record<string, CreateOptimizer>;

export type OptimizerName = keyof typeof optimizers;

/** The optimizer of that name in the form that is best on the engine: all parameters at once where it can, else one by one. */
export function createOptimizer(
  { tf, updates }: Pick<Engine, 'tf' | 'updates'>,
  name: OptimizerName,
  parameters: DeviceParameters,
  options: OptimizerOptions,
  initial?: Map<string, Tensor>,
): Optimizer {
  return updates ? createInPlace[name](tf, updates, parameters, options, initial) : optimizers[name](tf, parameters, options, initial);
}

export { parameterOf, type Optimizer } from './optimizer.ts';

/** Smaller learning rates for layers that lie deeper: what a network learnt before changes less the more general it is. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Engine } from '../../engines/engine.ts';
import type { Network } from '../../networks/index.ts';
import { operationOf } from '../../networks/operations/index.ts';
import type { DeviceParameters } from '../../networks/train-forward.ts';
import { createOptimizer, type Optimizer, type OptimizerName, type OptimizerOptions } from './index.ts';

/** Rates between the first layer's and the last one's: so many steps, since each is an optimizer of its own. */
const STEPS = 4;

/**
 * Factors of the learning rate by parameter: 1 at the last layer, `first` at the first one, geometric between, in steps.
 * @param first above 0, at most 1
 */
export function ratesByDepth(network: Network, first = 1): Map<string, number> {
  const layers = network.nodes.map((node) => operationOf(node).parameters?.(node) ?? []).filter((entries) => entries.length > 0);
  const last = Math.max(1, layers.length - 1);
  return new Map(
    layers.flatMap((entries, layer) => {
      const depth = Math.round((STEPS * (last - layer)) / last) / STEPS;
      return entries.map(({ name }): [string, number] => [name, first ** depth]);
    }),
  );
}

/** An optimizer whose rate is multiplied by each parameter's factor. */
export function createOptimizerByDepth(
  engine: Pick<Engine, 'tf' | 'updates'>,
  name: OptimizerName,
  parameters: DeviceParameters,
  options: OptimizerOptions,
  factors: ReadonlyMap<string, number>,
  initial?: Map<string, Tensor>,
): Optimizer {
  if (new Set(factors.values()).size === 1) return createOptimizer(engine, name, parameters, options, initial);
  const groups = [...new Set(factors.values())].map((factor) => {
    const own: DeviceParameters = new Map([...parameters].filter(([parameter]) => factors.get(parameter) === factor));
    return { factor, optimizer: createOptimizer(engine, name, own, options, initial) };
  });
  const state = new Map<string, Tensor>();
  const collect = (): void => {
    for (const { optimizer } of groups) for (const [entry, tensor] of optimizer.state) state.set(entry, tensor);
  };
  collect();
  return {
    state,
    apply(gradients, learningRate, step) {
      for (const { factor, optimizer } of groups) optimizer.apply(gradients, learningRate * factor, step);
      collect();
    },
    dispose() {
      for (const { optimizer } of groups) optimizer.dispose();
      state.clear();
    },
  };
}

import type { Network } from '../networks/graph.ts';
import { elementCount, stateSpec, type NetworkState } from '../networks/state.ts';
import { uniform } from './numbers.ts';

/**
 * A state with nothing at its default: weights of Kaiming's variance, batch norm scales, offsets and running statistics
 * all different. Quick, for networks of millions of weights.
 */
export function randomState(network: Network, seed = 1): NetworkState {
  const state: NetworkState = new Map();
  stateSpec(network).forEach(({ name, shape }, position) => {
    const count = elementCount(shape);
    const fanIn = elementCount(shape.slice(1));
    const bound = shape.length > 1 ? Math.sqrt(3 / fanIn) : 0.2;
    const positive = name.endsWith('.running_var') || (shape.length === 1 && name.endsWith('.weight'));
    state.set(name, {
      shape,
      data: positive ? uniform(count, seed * 1000 + position, 0.6, 1.4) : uniform(count, seed * 1000 + position, -bound, bound),
    });
  });
  return state;
}

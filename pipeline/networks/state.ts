/** A network's state on the host: PyTorch's names, shapes and layouts (convolutions OIHW, linear [out, in]). */
import type { Random } from '../data/augmentation/random.ts';
import type { Network } from './graph.ts';
import { operationOf } from './operations/index.ts';
import { layouts } from './layout.ts';
import type { EntrySpec } from './operations/operation.ts';

export interface StateEntry {
  shape: number[];
  data: Float32Array;
}

/** Insertion order is PyTorch's registration order. */
export type NetworkState = Map<string, StateEntry>;

export type { EntrySpec };

/** All state entries of a network. */
export function stateSpec(network: Network): EntrySpec[] {
  const own = network.nodes.flatMap((node): EntrySpec[] => operationOf(node).parameters?.(node) ?? []);
  return network.learnsSteps ? own.flatMap((spec) => (spec.layout.outputs === undefined ? [spec] : [spec, stepSpec(spec)])) : own;
}

/** Name of the entry with the steps that an entry of weights is rounded by, one for each output. */
export const stepName = (weights: string): string => `${weights}.step`;

const stepSpec = ({ name, shape }: EntrySpec): EntrySpec => ({
  name: stepName(name),
  shape: [shape[0]],
  trainable: true,
  layout: layouts.same,
  initialise: (data) => void data.fill(1),
});

export const elementCount = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** Number of values that all nodes have of one image. */
export const activationCount = (nodes: readonly { shape: readonly number[] }[]): number =>
  nodes.reduce((sum, { shape }) => sum + elementCount(shape), 0);

/** Number of trainable scalars. */
export function trainableCount(network: Network): number {
  return stateSpec(network).reduce((sum, spec) => sum + (spec.trainable ? elementCount(spec.shape) : 0), 0);
}

/** Multiplications and additions per image, a pair counted once ("MACs"), of convolutions and products of matrices. */
export function multiplyAdds(network: Network): number {
  return network.nodes.reduce((sum, node) => sum + (operationOf(node).multiplyAdds?.(node) ?? 0), 0);
}

/** Fresh weights: how each entry starts is said by the operation that it belongs to. */
export function initialState(network: Network, random: Random): NetworkState {
  const state: NetworkState = new Map();
  for (const { name, shape, initialise } of stateSpec(network)) {
    const data = new Float32Array(elementCount(shape));
    initialise(data, random);
    state.set(name, { shape, data });
  }
  return state;
}

/**
 * Checks that `state` fits the network.
 * @throws Error naming the first entry that is missing or has another shape, and what is left over.
 */
export function assertStateFits(network: Network, state: NetworkState, from: string): void {
  const specs = stateSpec(network);
  for (const { name, shape } of specs) {
    const entry = state.get(name);
    if (!entry) throw new Error(`${from}: "${name}" [${shape}] of ${network.name} is missing`);
    if (String(entry.shape) !== String(shape)) {
      throw new Error(`${from}: "${name}" has shape [${entry.shape}], ${network.name} with ${network.classes} classes expects [${shape}]`);
    }
  }
  const known = new Set(specs.map((spec) => spec.name));
  const extra = [...state.keys()].filter((name) => !known.has(name));
  if (extra.length > 0)
    throw new Error(`${from}: ${extra.length} entries do not belong to ${network.name}: ${extra.slice(0, 3).join(', ')}`);
}

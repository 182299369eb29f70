/** A network's state on the host: PyTorch's names, shapes and layouts (convolutions OIHW, linear [out, in]). */
import type { Random } from '../augmentation/random.ts';
import type { Network } from './graph.ts';

export interface StateEntry {
  shape: number[];
  data: Float32Array;
}

/** Insertion order is PyTorch's registration order. */
export type NetworkState = Map<string, StateEntry>;

export interface EntrySpec {
  name: string;
  shape: number[];
  /** Buffers (running statistics) are not trained. */
  trainable: boolean;
}

/** Names and shapes of all state entries of a network. */
export function stateSpec(network: Network): EntrySpec[] {
  const specs: EntrySpec[] = [];
  const add = (name: string, shape: number[], trainable = true) => specs.push({ name, shape, trainable });
  for (const node of network.nodes) {
    if (node.op === 'conv2d') {
      add(`${node.name}.weight`, [node.outChannels, node.inChannels, node.kernel, node.kernel]);
      if (node.bias) add(`${node.name}.bias`, [node.outChannels]);
    } else if (node.op === 'batchNorm') {
      const { channels } = node.shape;
      add(`${node.name}.weight`, [channels]);
      add(`${node.name}.bias`, [channels]);
      add(`${node.name}.running_mean`, [channels], false);
      add(`${node.name}.running_var`, [channels], false);
    } else if (node.op === 'linear') {
      add(`${node.name}.weight`, [node.outFeatures, node.inFeatures]);
      add(`${node.name}.bias`, [node.outFeatures]);
    }
  }
  return specs;
}

export const elementCount = (shape: number[]): number => shape.reduce((product, size) => product * size, 1);

/** Number of trainable scalars. */
export function trainableCount(network: Network): number {
  return stateSpec(network).reduce((sum, spec) => sum + (spec.trainable ? elementCount(spec.shape) : 0), 0);
}

/**
 * Fresh weights as MDistiller's CIFAR ResNets start: convolutions Kaiming normal over fan-out (He et al. 2015,
 * arXiv 1502.01852), batch norm 1 and 0, linear layers uniform in ±1/√in (PyTorch's default).
 */
export function initialState(network: Network, random: Random): NetworkState {
  const state: NetworkState = new Map();
  for (const { name, shape } of stateSpec(network)) {
    const data = new Float32Array(elementCount(shape));
    if (shape.length === 4) {
      const deviation = Math.sqrt(2 / (shape[0] * shape[2] * shape[3]));
      for (let i = 0; i < data.length; i++) data[i] = deviation * normal(random);
    } else if (shape.length === 2) {
      const bound = 1 / Math.sqrt(shape[1]);
      for (let i = 0; i < data.length; i++) data[i] = (2 * random.next() - 1) * bound;
    } else if (isBatchNormScale(name, network)) {
      data.fill(1);
    } else if (isLinearBias(name, network)) {
      const bound = 1 / Math.sqrt(linearFanIn(name, network));
      for (let i = 0; i < data.length; i++) data[i] = (2 * random.next() - 1) * bound;
    }
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
  if (extra.length > 0) throw new Error(`${from}: ${extra.length} entries do not belong to ${network.name}: ${extra.slice(0, 3).join(', ')}`);
}

const moduleOf = (name: string): string => name.slice(0, name.lastIndexOf('.'));

function isBatchNormScale(name: string, network: Network): boolean {
  if (!name.endsWith('.weight') && !name.endsWith('.running_var')) return false;
  return network.nodes.some((node) => node.op === 'batchNorm' && node.name === moduleOf(name));
}

function isLinearBias(name: string, network: Network): boolean {
  return name.endsWith('.bias') && linearFanIn(name, network) > 0;
}

function linearFanIn(name: string, network: Network): number {
  const node = network.nodes.find((candidate) => candidate.op === 'linear' && candidate.name === moduleOf(name));
  return node?.op === 'linear' ? node.inFeatures : 0;
}

/** Standard normal by Box and Muller. */
function normal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
  return radius * Math.cos(2 * Math.PI * random.next());
}

/** A network that was trained before, seen as what stands before its last layer, the head. */
import { freeze, type FrozenNetwork } from '../networks/freeze.ts';
import type { Network } from '../networks/index.ts';
import { operationOf } from '../networks/operations/index.ts';
import type { NetworkState } from '../networks/state.ts';

/** The names of the head's weights, `[classes, features]`, and its bias, `[classes]`. */
export interface Head {
  weight: string;
  bias: string;
  features: number;
}

/** @throws Error in one line for a network that does not end in a linear layer */
export function headOf(network: Network): Head {
  const node = network.nodes[network.output];
  if (node.op !== 'linear') throw new Error(`${network.name} ends in ${node.op}: its head can't be replaced, which must be a linear layer`);
  const [weight, bias] = operationOf(node).parameters!(node);
  return { weight: weight.name, bias: bias.name, features: weight.shape[1] };
}

/** The frozen network without its head: its answers are features `[images, features]`. */
export function featureNetwork(network: Network, state: NetworkState): FrozenNetwork {
  const { features } = headOf(network);
  const frozen = freeze(network, state);
  const head = frozen.nodes.find(({ name }) => name === frozen.output)!;
  return { ...frozen, classes: features, nodes: frozen.nodes.filter((node) => node !== head), output: head.inputs[0] };
}

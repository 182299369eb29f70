/**
 * The inverse of freezing: a network to train whose batch norms stay folded, so that what is trained is the very weights that
 * are quantized, packaged and served; and the way back into the state of the network that was frozen.
 */
import { GraphBuilder, type Network, type NodeId } from './graph.ts';
import type { FrozenNetwork } from './freeze.ts';
import { frozenFormOf, operationOf, type FrozenNode } from './operations/index.ts';
import type { Activation, FrozenBase } from './operations/operation.ts';
import type { NetworkState } from './state.ts';

export interface UnfrozenNetwork {
  network: Network;
  /** Its parameters: those of the frozen constants, by the names of the network that was frozen. */
  state: NetworkState;
  /** Node that gives the value of each frozen node, by its name. */
  values: Map<string, NodeId>;
}

/**
 * @param after puts more behind the value of a frozen node: fake quantization, say
 * @throws Error in one line for a network with a batch norm that no convolution took in, or another operation whose constants can't be trained
 */
export function unfreeze(
  frozen: FrozenNetwork,
  after: (g: GraphBuilder, value: NodeId, node: FrozenNode) => NodeId = (_g, value) => value,
): UnfrozenNetwork {
  const g = new GraphBuilder();
  const state: NetworkState = new Map();
  const values = new Map<string, NodeId>();
  for (const node of frozen.nodes) {
    const { attributes, entries } = inTraining(frozen, node);
    for (const [name, entry] of entries) state.set(name, entry);
    const inputs = node.inputs.map((name) => values.get(name)!);
    let value = node.op === 'input' ? g.input(frozen.inputShape) : g.node(node.op, inputs, attributes as never);
    const { activation = 'none' } = node as { activation?: Activation };
    if (activation !== 'none' && node.op !== 'activation') value = g.node('activation', [value], { activation });
    values.set(node.name, after(g, value, node));
  }
  return { network: g.network(frozen.name, frozen, values.get(frozen.output)!), state, values };
}

type InTraining = ReturnType<NonNullable<ReturnType<typeof frozenFormOf>['unfreeze']>>;

function inTraining({ name }: FrozenNetwork, node: FrozenNode): InTraining {
  const form = frozenFormOf(node);
  if (form.unfreeze) return form.unfreeze(node);
  if (Object.keys(node.constants).length > 0)
    throw new Error(
      `${name} can't be trained with its batch norms folded: its operation ${node.op} ("${node.name}") is part of no convolution`,
    );
  const base: (keyof FrozenBase)[] = ['op', 'name', 'inputs', 'shape', 'constants'];
  return { attributes: Object.fromEntries(Object.entries(node).filter(([key]) => !base.includes(key as keyof FrozenBase))), entries: [] };
}

/**
 * The state of `network`, frozen and unfrozen and trained since, that freezes to exactly these weights: its convolutions have
 * them, its batch norms add the biases and change nothing else.
 * @param trained weights and biases by the network's names
 */
export function stateFromUnfrozen(network: Network, trained: NetworkState): NetworkState {
  const state: NetworkState = new Map();
  /** Nodes whose bias the batch norm behind them adds. */
  const biasMoved = new Set(network.nodes.flatMap((node) => (node.op === 'batchNorm' ? [layerBefore(network, node.id)] : [])));
  for (const node of network.nodes) {
    for (const { name, shape } of operationOf(node).parameters?.(node) ?? []) {
      const own = trained.get(name);
      if (own)
        state.set(name, { shape, data: biasMoved.has(node.id) && name.endsWith('.bias') ? new Float32Array(own.data.length) : own.data });
    }
    if (node.op !== 'batchNorm') continue;
    const before = network.nodes[layerBefore(network, node.id)];
    const channels = node.shape.at(-1)!;
    const filled = (value: number) => ({ shape: [channels], data: new Float32Array(channels).fill(value) });
    // A batch norm behind another one has nothing left to add.
    const bias = before.op === 'batchNorm' || !('name' in before) ? undefined : trained.get(`${before.name}.bias`);
    state.set(`${node.name}.weight`, filled(1));
    state.set(`${node.name}.bias`, bias ? { shape: [channels], data: bias.data } : filled(0));
    state.set(`${node.name}.running_mean`, filled(0));
    // With ε added it is 1 to more digits than float32 has, and so is the factor that freezing makes of it.
    state.set(`${node.name}.running_var`, filled(1 - node.epsilon));
  }
  return state;
}

/** The node with parameters whose value a batch norm gets. */
function layerBefore({ nodes }: Network, id: NodeId): NodeId {
  let [before] = nodes[id].inputs;
  while (!operationOf(nodes[before]).parameters) [before] = nodes[before].inputs;
  return before;
}

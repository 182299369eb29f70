/**
 * Freezing: a trained network in inference form. Batch norm is folded into the convolution before it
 * (w' = w·γ/√(σ²+ε), b' = β + (b - μ)·γ/√(σ²+ε)), and a ReLU is fused into the convolution or addition it follows.
 * The frozen form is what evaluation runs and what the package writers write.
 */
import { consumerCounts, type Network, type Shape } from './graph.ts';
import { frozenFormOf, operationOf, type FrozenNode } from './operations/index.ts';
import type { NetworkState } from './state.ts';
import { roundedState } from './rounding-in-training.ts';

export type { FrozenNode };

export interface FrozenNetwork {
  name: string;
  inputShape: Shape;
  classes: number;
  nodes: FrozenNode[];
  /** The name of the node whose value is the logits. */
  output: string;
}

/** Folds and fuses; `state` must fit the network (`assertStateFits`) and stays as it is. */
export function freeze(network: Network, state: NetworkState): FrozenNetwork {
  const consumers = consumerCounts(network);
  const rounded = roundedState(network, state);
  const nodes: FrozenNode[] = [];
  /** Frozen node that carries each graph node's value. */
  const carriers: FrozenNode[] = [];
  /** True for each graph node if one node alone reads the carrier of its value. */
  const readOnce: boolean[] = [];

  for (const node of network.nodes) {
    const [before] = node.inputs.map((id) => carriers[id]);
    // What another node reads must keep its value.
    const mayChange = node.inputs.length === 1 && readOnce[node.inputs[0]];
    const frozen = operationOf(node).freeze(node, {
      value: (name) => rounded.get(name)!.data,
      foldScale: (scale, offset) => mayChange && (frozenFormOf(before).foldScale?.(before, scale, offset) ?? false),
      fuseActivation: (activation) => mayChange && (frozenFormOf(before).fuseActivation?.(before, activation) ?? false),
    });
    if (frozen) {
      const name = node.op === 'input' ? 'input' : 'name' in node ? node.name : `${node.op}_${node.id}`;
      const fresh = {
        constants: {},
        ...frozen,
        op: node.op,
        name,
        inputs: node.inputs.map((id) => carriers[id].name),
        shape: node.shape,
      } as unknown as FrozenNode;
      nodes.push(fresh);
      carriers.push(fresh);
    } else carriers.push(before);
    readOnce.push(consumers[node.id] === 1 && (frozen !== undefined || readOnce[node.inputs[0]]));
  }
  const { name, inputShape, classes } = network;
  return { name, inputShape, classes, nodes, output: carriers[network.output].name };
}

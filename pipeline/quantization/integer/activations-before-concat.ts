/**
 * A ReLU after a concatenation as one of each part: the same numbers, but in integers the parts need no room below zero then,
 * and the ReLU is computed where the part is.
 */
import type { FrozenNetwork, FrozenNode } from '../../networks/freeze.ts';
import { frozenFormOf } from '../../networks/operations/index.ts';

/** A new network; constants are shared with the old one. */
export function activationsBeforeConcat(network: FrozenNetwork): FrozenNetwork {
  let nodes = network.nodes.map((node) => ({ ...node }) as FrozenNode);
  let output = network.output;
  for (const concat of nodes.filter(({ op }) => op === 'concat')) {
    const readers = nodes.filter(({ inputs }) => inputs.includes(concat.name));
    const [activation] = readers;
    if (readers.length !== 1 || activation.op !== 'activation' || output === concat.name) continue;
    const byName = new Map(nodes.map((node) => [node.name, node]));
    const fresh: FrozenNode[] = [];
    concat.inputs = concat.inputs.map((name) => {
      const part = byName.get(name)!;
      if (activation.activation === 'relu' && isNeverNegative(part, byName)) return name;
      const readOnce = nodes.filter(({ inputs }) => inputs.includes(name)).length === 1 && output !== name;
      if (readOnce && frozenFormOf(part).fuseActivation?.(part, activation.activation)) return name;
      const node = { ...activation, name: `${name}_${activation.activation}`, inputs: [name], shape: part.shape };
      if (!fresh.some((other) => other.name === node.name)) fresh.push(node);
      return node.name;
    });
    nodes = nodes.flatMap((node) => (node === activation ? [] : node === concat ? [...fresh, node] : [node]));
    for (const node of nodes) node.inputs = node.inputs.map((name) => (name === activation.name ? concat.name : name));
    if (output === activation.name) output = concat.name;
  }
  return { ...network, nodes, output };
}

/** Returns true if no value of the node can lie below 0. */
function isNeverNegative(node: FrozenNode, byName: Map<string, FrozenNode>): boolean {
  if ('activation' in node && node.activation !== 'none') return true;
  const passes: FrozenNode['op'][] = [
    'add',
    'concat',
    'channelShuffle',
    'channelSlice',
    'padChannels',
    'subsample',
    'maxPool',
    'averagePool',
    'globalAveragePool',
  ];
  return passes.includes(node.op) && node.inputs.every((name) => isNeverNegative(byName.get(name)!, byName));
}

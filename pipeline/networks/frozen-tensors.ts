/** The constants of a frozen network by the names that they have in a graph file. */
import type { FrozenNetwork, FrozenNode } from './freeze.ts';
import type { Constant } from './operations/operation.ts';

export interface FrozenTensor extends Constant {
  /** `<node>/<constant>`: `layer1.0.conv1/kernel`. */
  name: string;
}

export const tensorName = (node: Pick<FrozenNode, 'name'>, key: string): string => `${node.name}/${key}`;

/** All of them, in the order in which the network computes. */
export const frozenTensors = ({ nodes }: Pick<FrozenNetwork, 'nodes'>): FrozenTensor[] =>
  nodes.flatMap((node) => constantsOf(node).map(([key, constant]) => ({ ...constant, name: tensorName(node, key) })));

/** The network with other values of its constants; nodes of which none has others are the same objects. @param values of a tensor; undefined: its own */
export function withTensors(network: FrozenNetwork, values: (tensor: FrozenTensor) => Float32Array | undefined): FrozenNetwork {
  const nodes = network.nodes.map((node) => {
    const changed = constantsOf(node).flatMap(([key, constant]) => {
      const data = values({ ...constant, name: tensorName(node, key) });
      return data && data !== constant.data ? [[key, { ...constant, data }]] : [];
    });
    return changed.length === 0 ? node : ({ ...node, constants: { ...node.constants, ...Object.fromEntries(changed) } } as FrozenNode);
  });
  return { ...network, nodes };
}

const constantsOf = (node: FrozenNode): [string, Constant][] => Object.entries(node.constants as Record<string, Constant>);

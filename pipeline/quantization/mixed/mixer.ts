/** A network in a mix of encodings: as a file gets it, and as it computes once that file was read. */
import type { FrozenNetwork, FrozenNode } from '../../networks/freeze.ts';
import { frozenTensors, withTensors } from '../../networks/frozen-tensors.ts';
import type { Constant } from '../../networks/operations/operation.ts';
import type { Mix } from '../encodings.ts';
import type { BiasCorrector } from '../correct-bias.ts';
import { roundTrip, type Reader } from './mix-units.ts';

export interface MixedNetwork {
  /** Weights as they were trained, biases corrected for what the mix makes of them: what `writeGraphModel` takes with the mix. */
  stored: FrozenNetwork;
  /** Network that a reader computes with. Nodes that the mix does not touch are the original ones. */
  read: FrozenNetwork;
}

export type Mixer = (mix: Mix) => Promise<MixedNetwork>;

/** Corrects the biases of a layer once for each encoding of its weights. */
export function createMixer(network: FrozenNetwork, read: Reader, correct: BiasCorrector): Mixer {
  const known = new Map<string, FrozenNode>();

  async function withBiases(node: FrozenNode, rounded: FrozenNode, mix: Mix): Promise<FrozenNode> {
    const key = JSON.stringify(frozenTensors({ nodes: [node] }).map(({ name, isWeight }) => [name, isWeight && mix.get(name)]));
    if (!known.has(key)) {
      const corrected = (await correct(node, rounded)).constants as Record<string, Constant>;
      const constants = Object.entries(node.constants as Record<string, Constant>).map(([name, constant]) => [
        name,
        constant.isWeight ? constant : corrected[name],
      ]);
      known.set(key, { ...node, constants: Object.fromEntries(constants) } as FrozenNode);
    }
    return known.get(key)!;
  }

  return async (mix) => {
    const rounded = withTensors(network, (tensor) =>
      tensor.isWeight && mix.has(tensor.name) ? read(tensor, mix.get(tensor.name)!).values : undefined,
    );
    const nodes: FrozenNode[] = [];
    for (const [i, node] of network.nodes.entries())
      nodes.push(rounded.nodes[i] === node ? node : await withBiases(node, rounded.nodes[i], mix));
    const stored = { ...network, nodes };
    return { stored, read: roundTrip(stored, mix, read) };
  };
}

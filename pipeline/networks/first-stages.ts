/** The first stages of a network under a head of their own: `efficientnet_lite0:stages=5`. */
import { GraphBuilder, type Network } from './graph.ts';

const FORM = /^(.*):stages=([1-9]\d*)$/;

/** A network's name taken apart; `stages` is absent for a whole network. */
export function parseNetworkName(name: string): { whole: string; stages?: number } {
  const [, whole = name, stages] = FORM.exec(name) ?? [];
  return stages === undefined ? { whole } : { whole, stages: Number(stages) };
}

/**
 * Replaces what follows the stage by a global average pool and a linear layer of the head's name.
 * @throws Error in one line for a network without so many stages
 */
export function firstStages(network: Network, stages: number): Network {
  const { stageEnds = [], name, classes } = network;
  if (stages > stageEnds.length)
    throw new Error(
      stageEnds.length > 0 ? `${name} has ${stageEnds.length} stages, not ${stages}` : `the stages of ${name} can't be told apart`,
    );
  const head = network.nodes[network.output];
  const end = stageEnds[stages - 1];
  const g = new GraphBuilder();
  g.nodes.push(...network.nodes.slice(0, end + 1));
  const logits = g.linear(g.globalAveragePool(end), 'name' in head ? head.name : 'head', classes);
  return { ...g.network(`${name}:stages=${stages}`, network, logits), stageEnds: stageEnds.slice(0, stages) };
}

/**
 * Layers of a mix in 4 bits with learned rounding: levels by what they do to the layer's outputs on training images, which need no
 * labels (`integer/round-rows.ts`; Nagel et al. 2020, AdaRound, arXiv 2004.10568). By itself a layer shows what damage it does; in a
 * mix layers are rounded from the first to the last, each on what the rounded ones before it give (BRECQ's order, arXiv 2102.05426).
 */
import type { Tfjs } from '../../engines/engine.ts';
import { frozenTensors, tensorName, withTensors } from '../../networks/frozen-tensors.ts';
import type { FrozenNetwork, FrozenNode } from '../../networks/freeze.ts';
import type { Constant } from '../../networks/operations/operation.ts';
import type { EncodingName, Mix } from '../encodings.ts';
import { isRoundable, roundNetwork } from '../integer/round-network.ts';
import { LEARNED_GRIDS, type WeightGrid } from '../integer/weight-grid.ts';
import type { CalibrationImages } from '../visit-layers.ts';
import { roundTrip, type LearnedValues, type Reader } from './mix-units.ts';
import type { MixedNetwork } from './mixer.ts';

export interface MixRounder {
  alone: LearnedValues;
  /** A network in a mix, its layers rounded one after the other and their biases corrected. */
  inOrder(mix: Mix, read: Reader): Promise<MixedNetwork>;
}

/**
 * @param images of the training set
 * @param encodings that the mix may use
 * @param onLayer told the layer that is being rounded
 */
export async function createMixRounder(
  tf: Tfjs,
  network: FrozenNetwork,
  images: CalibrationImages,
  encodings: readonly EncodingName[],
  onLayer: (layer: string) => void = () => {},
): Promise<MixRounder> {
  const learned = new Map<EncodingName, Map<Float32Array, Float32Array>>();
  const originals = new Map(frozenTensors(network).map(({ name, data }) => [name, data]));
  for (const encoding of encodings) {
    const grid = LEARNED_GRIDS[encoding];
    if (!grid) continue;
    const options = { roundingOf: (): WeightGrid => grid, isApart: true };
    const rounded = await roundNetwork(tf, network, images, options, (_share, layer) => onLayer(layer));
    learned.set(encoding, new Map(weightsOf(rounded.network).map(({ name, data }) => [originals.get(name)!, data])));
  }
  return {
    alone: ({ data }, { encoding, rule }) => (rule === 'learned' ? learned.get(encoding)?.get(data) : undefined),
    async inOrder(mix, read) {
      const stored = withTensors(network, (tensor) =>
        mix.has(tensor.name) && tensor.isWeight ? read(tensor, mix.get(tensor.name)!).values : undefined,
      );
      const readNodes = new Map(stored.nodes.map((node, i) => [network.nodes[i], node]));
      const roundingOf = (node: FrozenNode): WeightGrid | FrozenNode | undefined => {
        const grid = gridIn(mix, node);
        if (grid && isRoundable(node)) return grid;
        return readNodes.get(node) === node ? undefined : readNodes.get(node);
      };
      const rounded = await roundNetwork(tf, network, images, { roundingOf }, (_share, layer) => onLayer(layer));
      const nodes = network.nodes.map((node, i) =>
        roundingOf(node) ? storedNode(node, rounded.network.nodes[i], gridIn(mix, node)) : node,
      );
      return { stored: { ...network, nodes }, read: roundTrip({ ...network, nodes }, mix, read) };
    },
  };
}

const weightsOf = (network: FrozenNetwork) => frozenTensors(network).filter(({ isWeight }) => isWeight);

/** Grid of a layer's weights in a mix; undefined where they are not learned. */
function gridIn(mix: Mix, node: FrozenNode): WeightGrid | undefined {
  const key = Object.entries(node.constants as Record<string, Constant>).find(([, { isWeight }]) => isWeight)?.[0];
  const storage = key === undefined ? undefined : mix.get(tensorName(node, key));
  return storage?.rule === 'learned' ? LEARNED_GRIDS[storage.encoding] : undefined;
}

/** The layer as it is written: weights on their levels, or as trained where the encoding rounds them; biases corrected. */
function storedNode(node: FrozenNode, rounded: FrozenNode, grid: WeightGrid | undefined): FrozenNode {
  if (grid && isRoundable(node)) return rounded;
  const own = node.constants as Record<string, Constant>;
  const constants = Object.entries(rounded.constants as Record<string, Constant>).map(([key, constant]) => [
    key,
    constant.isWeight ? own[key] : constant,
  ]);
  return { ...node, constants: Object.fromEntries(constants) } as FrozenNode;
}

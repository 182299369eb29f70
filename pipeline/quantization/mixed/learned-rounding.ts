/**
 * Layers of a mix in 4 bits with learned rounding: levels by what they do to the layer's outputs on training images, which need no
 * labels (`integer/round-rows.ts`; Nagel et al. 2020, AdaRound, arXiv 2004.10568). By itself a layer shows what damage it does; in a
 * mix layers are rounded from the first to the last, each on what the rounded ones before it give (BRECQ's order, arXiv 2102.05426).
 */
import type { Tfjs } from '../../engines/engine.ts';
import { frozenTensors, withTensors, type FrozenTensor } from '../../networks/frozen-tensors.ts';
import type { FrozenNetwork, FrozenNode } from '../../networks/freeze.ts';
import type { Constant } from '../../networks/operations/operation.ts';
import { decoded, encode, relativeL2Error, type EncodingName, type Mix, type StorageFormat } from '../encodings.ts';
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
  const grids = new Map(network.nodes.map((node) => [node, learnedGrids(node)]));
  const learned = new Map<EncodingName, Map<Float32Array, Float32Array>>();
  const originals = new Map(frozenTensors(network).map(({ name, data }) => [name, data]));
  for (const encoding of encodings) {
    if (!LEARNED_GRIDS[encoding]) continue;
    const options = { roundingOf: (node: FrozenNode) => grids.get(node)!.get(encoding), isApart: true };
    const rounded = await roundNetwork(tf, network, images, options, (_share, layer) => onLayer(layer));
    learned.set(encoding, new Map(frozenTensors(rounded.network).map(({ name, data }) => [originals.get(name)!, data])));
  }
  return {
    alone: ({ data }, { encoding, rule }) => (rule === 'learned' ? learned.get(encoding)?.get(data) : undefined),
    async inOrder(mix, read) {
      const gridIn = (node: FrozenNode): WeightGrid | undefined => {
        const storage = storageIn(mix, node);
        return storage?.rule === 'learned' ? grids.get(node)!.get(storage.encoding) : undefined;
      };
      const asRead = withTensors(network, (tensor) =>
        mix.has(tensor.name) && tensor.isWeight ? read(tensor, mix.get(tensor.name)!).values : undefined,
      );
      const readNodes = new Map(asRead.nodes.map((node, i) => [network.nodes[i], node]));
      const roundingOf = (node: FrozenNode): WeightGrid | FrozenNode | undefined =>
        gridIn(node) ?? (readNodes.get(node) === node ? undefined : readNodes.get(node));
      const rounded = await roundNetwork(tf, network, images, { roundingOf }, (_share, layer) => onLayer(layer));
      const nodes = network.nodes.map((node, i) => {
        const after = rounded.network.nodes[i];
        return after === node || gridIn(node) ? after : withWeightsOf(after, node);
      });
      return { stored: { ...network, nodes }, read: roundTrip({ ...network, nodes }, mix, read) };
    },
  };
}

const weightsOf = (node: FrozenNode): FrozenTensor[] => frozenTensors({ nodes: [node] }).filter(({ isWeight }) => isWeight);

const storageIn = (mix: Mix, node: FrozenNode): StorageFormat | undefined => weightsOf(node).flatMap(({ name }) => mix.get(name) ?? [])[0];

/** Bound of the relative error that float16 makes in a scale, with a margin. */
const ON_LEVELS = 2 ** -10;

/** Grids that a layer's levels can be learned on: none of an encoding that changes nothing, as training for 4 bits leaves weights. */
function learnedGrids(node: FrozenNode): Map<EncodingName, WeightGrid> {
  if (!isRoundable(node)) return new Map();
  const liesOnLevels = (encoding: EncodingName): boolean =>
    weightsOf(node).every((tensor) => relativeL2Error(tensor.data, decoded(tensor, encode(tensor, { encoding }))) < ON_LEVELS);
  const grids = Object.entries(LEARNED_GRIDS) as [EncodingName, WeightGrid][];
  return new Map(grids.filter(([encoding]) => !liesOnLevels(encoding)));
}

/** The layer with the weights of another: biases corrected, and weights as trained, which its encoding rounds. */
function withWeightsOf(node: FrozenNode, { constants }: FrozenNode): FrozenNode {
  const own = constants as Record<string, Constant>;
  const kept = Object.entries(node.constants as Record<string, Constant>).map(([key, constant]) => [
    key,
    constant.isWeight ? own[key] : constant,
  ]);
  return { ...node, constants: Object.fromEntries(kept) } as FrozenNode;
}

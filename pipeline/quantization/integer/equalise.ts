/**
 * Channels of an activation brought to like ranges, so that the one scale of all of them is fine enough for each: what gives a channel
 * is multiplied by s, what reads it is divided by s, and the network computes the same (Nagel et al. 2019, arXiv 1906.04721, section
 * 4.1; s from ranges of activations as of Meller et al. 2019, arXiv 1902.01917). A ReLU passes positive factors. A ReLU6 cuts
 * channel c off at 6 / s then, which no calibration image reaches. Channels that are added or pooled share their factor with the result.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../../engines/engine.ts';
import type { FrozenNetwork, FrozenNode } from '../../networks/freeze.ts';
import { frozenFormOf } from '../../networks/operations/index.ts';
import { visitLayers, type CalibrationImages } from '../visit-layers.ts';

/** Part of a channel's distance from the widest that is made up for: all where depthwise filters read it, whose scales are a channel's own. */
const MADE_UP = { depthwise: 1, dense: 0.5 };
const LARGEST_FACTOR = 64;

/** Nodes that compute outputs as sums of weighted inputs. */
type Layer = Extract<FrozenNode, { op: 'conv2d' | 'depthwiseConv2d' | 'linear' }>;
const isLayer = (node: FrozenNode): node is Layer => node.op === 'conv2d' || node.op === 'depthwiseConv2d' || node.op === 'linear';
/** Nodes whose channels are their inputs' channels, of whatever factor. */
const KEEPS_FACTOR: readonly string[] = ['add', 'averagePool', 'globalAveragePool', 'maxPool', 'subsample'];

/** Nodes whose channels share their factors, and what reads them beside each other. */
interface ChannelGroup {
  members: FrozenNode[];
  readers: Layer[];
}

/** A new network that computes the same on the calibration images; nothing of the old one changes. */
export async function equalise(
  tf: Tfjs,
  network: FrozenNetwork,
  images: CalibrationImages,
  onProgress: (fraction: number) => void = () => {},
): Promise<FrozenNetwork> {
  const groups = channelGroups(network);
  const maxima = await channelMaxima(
    tf,
    network,
    images,
    new Set(groups.flatMap(({ members }) => members.map(({ name }) => name))),
    onProgress,
  );
  const nodes = network.nodes.map((node) => (isLayer(node) ? withOwnConstants(node) : node));
  const fresh = new Map(nodes.map((node) => [node.name, node]));
  for (const { members, readers } of groups) {
    const ranges = members.map(({ name }) => maxima.get(name)!).reduce((all, own) => all.map((range, c) => Math.max(range, own[c])));
    const factors = factorsOf(ranges, readers.every(({ op }) => op === 'depthwiseConv2d') ? MADE_UP.depthwise : MADE_UP.dense);
    for (const { name } of members) {
      const node = fresh.get(name)!;
      if (isLayer(node)) scaleOutputs(node, factors);
    }
    for (const { name } of readers)
      scaleInputs(
        fresh.get(name) as Layer,
        factors.map((factor) => 1 / factor),
      );
  }
  return { ...network, nodes };
}

function withOwnConstants<Node extends FrozenNode>(node: Node): Node {
  const constants = Object.entries(node.constants).map(([key, constant]) => [key, { ...constant, data: constant.data.slice() }]);
  return { ...node, constants: Object.fromEntries(constants) } as Node;
}

export function factorsOf(ranges: Float32Array, madeUp: number): Float32Array {
  const widest = ranges.reduce((most, range) => Math.max(most, range), 0);
  return ranges.map((range) => (range > 0 ? Math.min(LARGEST_FACTOR, (widest / range) ** madeUp) : 1));
}

/** Groups whose factors are free: given by layers alone, read by layers alone. */
function channelGroups({ nodes, output }: FrozenNetwork): ChannelGroup[] {
  const groupOf = new Map<string, FrozenNode[]>();
  for (const node of nodes) {
    const joined = KEEPS_FACTOR.includes(node.op) ? [...new Set(node.inputs.map((name) => groupOf.get(name)!))] : [];
    const members = [...joined.flat(), node];
    for (const { name } of members) groupOf.set(name, members);
  }
  return [...new Set(groupOf.values())].flatMap((members): ChannelGroup[] => {
    const names = new Set(members.map(({ name }) => name));
    const readers = nodes.filter((node) => !names.has(node.name) && node.inputs.some((name) => names.has(name)));
    const isFree = members.every((node) => node.name !== output && (isLayer(node) || KEEPS_FACTOR.includes(node.op)));
    return isFree && readers.length > 0 && readers.every(isLayer) ? [{ members, readers }] : [];
  });
}

/** The largest magnitude of each channel of these nodes. */
async function channelMaxima(
  tf: Tfjs,
  network: FrozenNetwork,
  images: CalibrationImages,
  names: ReadonlySet<string>,
  onProgress: (fraction: number) => void,
): Promise<Map<string, Float32Array>> {
  const maxima = new Map<string, Float32Array>();
  let done = 0;
  await visitLayers(tf, network, images, {
    pick: ({ name }, value): Tensor | undefined =>
      names.has(name)
        ? tf.max(
            tf.abs(value),
            Array.from({ length: value.rank - 1 }, (_, axis) => axis),
          )
        : undefined,
    read({ name }, values) {
      const before = maxima.get(name);
      maxima.set(name, before ? values.map((value, c) => Math.max(value, before[c])) : values.slice());
    },
    onImages: (count) => onProgress((done += count) / images.count),
  });
  return maxima;
}

/** Weights and bias of each output channel. Without its activation for the moment: a positive factor passes through a ReLU. */
function scaleOutputs(node: Layer, factors: Float32Array): void {
  const { activation } = node;
  node.activation = 'none';
  frozenFormOf(node).foldScale!(node, factors, new Float32Array(factors.length));
  node.activation = activation;
}

/** Filters are `[k, k, inputs, outputs]`, depthwise `[k, k, channels, 1]`, a linear layer's weights `[inputs, outputs]`. */
function scaleInputs(node: Layer, factors: Float32Array): void {
  const { data } = node.op === 'linear' ? node.constants.weights : node.constants.kernel;
  const outputs = node.op === 'depthwiseConv2d' ? 1 : node.shape.at(-1)!;
  for (let i = 0; i < data.length; i++) data[i] *= factors[Math.floor(i / outputs) % factors.length];
}

/**
 * Cross-layer equalisation (Nagel et al. 2019, arXiv 1906.04721, section 4.1): where one convolution alone reads another's
 * channels through a ReLU or nothing, channel i of the first may be divided by s_i and the second's weights for it multiplied,
 * and the network computes the same. s_i = √(r1_i · r2_i) / r2_i, with r the largest weight of the channel on either side, makes
 * the channels of an activation alike, so that one scale serves all of them.
 * Departure: a ReLU6 stays, and what it joins is left as it is; the paper replaces it by a ReLU.
 */
import type { FrozenNetwork, FrozenNode } from '../../networks/freeze.ts';
import { frozenFormOf } from '../../networks/operations/index.ts';

/** Passes over all pairs; a channel's ranges depend on its neighbours', so that one pass is not enough. */
const PASSES = 20;
/** Channels whose weights are all but zero on one side are left alone. */
const SMALLEST_RANGE = 1e-8;

/** A new network that computes the same; nothing of the old one changes. */
export function equalise(network: FrozenNetwork): FrozenNetwork {
  const nodes = network.nodes.map(
    (node) =>
      ({
        ...node,
        constants: Object.fromEntries(
          Object.entries(node.constants).map(([key, constant]) => [key, { ...constant, data: constant.data.slice() }]),
        ),
      }) as FrozenNode,
  );
  const pairs = pairsOf({ ...network, nodes });
  for (let pass = 0; pass < PASSES; pass++) for (const [first, second] of pairs) equalisePair(first, second);
  return { ...network, nodes };
}

type Convolution = Extract<FrozenNode, { op: 'conv2d' | 'depthwiseConv2d' }>;

const isConvolution = (node: FrozenNode | undefined): node is Convolution => node?.op === 'conv2d' || node?.op === 'depthwiseConv2d';

function pairsOf({ nodes, output }: FrozenNetwork): [Convolution, Convolution][] {
  return nodes.flatMap((first): [Convolution, Convolution][] => {
    if (!isConvolution(first) || first.activation === 'relu6' || first.name === output) return [];
    const readers = nodes.filter(({ inputs }) => inputs.includes(first.name));
    return readers.length === 1 && isConvolution(readers[0]) ? [[first, readers[0]]] : [];
  });
}

function equalisePair(first: Convolution, second: Convolution): void {
  const channels = first.shape[2];
  const own = outputRanges(first);
  const next = inputRanges(second, channels);
  const scale = new Float32Array(channels);
  const inverse = new Float32Array(channels);
  for (let c = 0; c < channels; c++) {
    const usable = own[c] > SMALLEST_RANGE && next[c] > SMALLEST_RANGE;
    inverse[c] = usable ? Math.sqrt(own[c] * next[c]) / next[c] : 1;
    scale[c] = 1 / inverse[c];
  }
  scaleChannels(first, scale);
  scaleInputs(second, inverse);
}

/** Largest |weight| of each output channel: the last dimension of a dense filter, the one before last of a depthwise one. */
function outputRanges({ constants: { kernel }, shape }: Convolution): Float64Array {
  const ranges = new Float64Array(shape[2]);
  kernel.data.forEach((weight, i) => (ranges[i % ranges.length] = Math.max(ranges[i % ranges.length], Math.abs(weight))));
  return ranges;
}

/** Returns the input channel of a weight: filters are `[k, k, inputs, outputs]`, depthwise `[k, k, channels, 1]`. */
const inputOf = ({ op, shape }: Convolution, channels: number): ((i: number) => number) =>
  op === 'depthwiseConv2d' ? (i) => i % channels : (i) => Math.floor(i / shape[2]) % channels;

function inputRanges(node: Convolution, channels: number): Float64Array {
  const ranges = new Float64Array(channels);
  const input = inputOf(node, channels);
  node.constants.kernel.data.forEach((weight, i) => (ranges[input(i)] = Math.max(ranges[input(i)], Math.abs(weight))));
  return ranges;
}

/** Weights and bias of each output channel. Without its activation for the moment: a positive factor passes through a ReLU. */
function scaleChannels(node: Convolution, scale: Float32Array): void {
  const { activation } = node;
  node.activation = 'none';
  frozenFormOf(node).foldScale!(node, scale, new Float32Array(scale.length));
  node.activation = activation;
}

function scaleInputs(node: Convolution, scale: Float32Array): void {
  const input = inputOf(node, scale.length);
  const { data } = node.constants.kernel;
  for (let i = 0; i < data.length; i++) data[i] *= scale[input(i)];
}

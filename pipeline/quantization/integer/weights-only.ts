/** Weights of 8 or fewer bits per output channel and nothing else: what rounding the weights costs, apart from that of activations. */
import type { FrozenNetwork, FrozenNode } from '../../networks/freeze.ts';
import type { Constant } from '../../networks/operations/operation.ts';

/**
 * The network with each weight brought to the nearest multiple of its output channel's step; nothing of the old one changes.
 * @param levels multiples of the step on either side of 0: 127 for 8 bits, 7 for 4
 */
export function weightsOnly(network: FrozenNetwork, levels = 127): FrozenNetwork {
  const nodes = network.nodes.map((node) => {
    const constants = Object.fromEntries(Object.entries(node.constants as Record<string, Constant>).map(([key, constant]) => [key, constant.isWeight ? { ...constant, data: rounded(constant, levels) } : constant]));
    return { ...node, constants } as FrozenNode;
  });
  return { ...network, nodes };
}

/** A depthwise filter is `[k, k, channels, 1]`, so that its channels are the dimension before the last; others end in their outputs. */
function rounded({ shape, data }: Constant, levels: number): Float32Array {
  const channels = shape.at(-1) === 1 && shape.length === 4 ? shape[2] * shape[3] : shape.at(-1)!;
  const scales = new Float64Array(channels);
  data.forEach((weight, i) => (scales[i % channels] = Math.max(scales[i % channels], Math.abs(weight) / levels)));
  return data.map((weight, i) => (scales[i % channels] === 0 ? 0 : Math.round(weight / scales[i % channels]) * scales[i % channels]));
}

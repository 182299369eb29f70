/** Weights of 8 bits per output channel and nothing else: what rounding the weights costs, apart from that of activations. */
import type { FrozenNetwork, FrozenNode } from '../../networks/freeze.ts';
import type { Constant } from '../../networks/operations/operation.ts';

/** The network with each weight brought to the nearest of 255 levels of its output channel; nothing of the old one changes. */
export function weightsOnly(network: FrozenNetwork): FrozenNetwork {
  const nodes = network.nodes.map((node) => {
    const constants = Object.fromEntries(Object.entries(node.constants as Record<string, Constant>).map(([key, constant]) => [key, constant.isWeight ? { ...constant, data: rounded(constant) } : constant]));
    return { ...node, constants } as FrozenNode;
  });
  return { ...network, nodes };
}

/** A depthwise filter is `[k, k, channels, 1]`, so that its channels are the dimension before the last; others end in their outputs. */
function rounded({ shape, data }: Constant): Float32Array {
  const channels = shape.at(-1) === 1 && shape.length === 4 ? shape[2] * shape[3] : shape.at(-1)!;
  const scales = new Float64Array(channels);
  data.forEach((weight, i) => (scales[i % channels] = Math.max(scales[i % channels], Math.abs(weight) / 127)));
  return data.map((weight, i) => (scales[i % channels] === 0 ? 0 : Math.round(weight / scales[i % channels]) * scales[i % channels]));
}

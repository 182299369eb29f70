/**
 * Wide ResNets (Zagoruyko and Komodakis 2016, arXiv 1605.07146) in MDistiller's form: depth 6n+4, widening factor k, batch
 * norm and ReLU before each convolution. Departure: the last pool is global, so that other sizes than 32 pixels work.
 */
import { GraphBuilder, type Network, type NetworkOptions, type NodeId } from './graph.ts';

function block(g: GraphBuilder, x: NodeId, name: string, channels: number, stride: number): NodeId {
  const same = g.shapeOf(x)[2] === channels;
  const before = g.relu(g.batchNorm(x, `${name}.bn1`));
  let y = g.conv(before, `${name}.conv1`, channels, { kernel: 3, stride });
  y = g.relu(g.batchNorm(y, `${name}.bn2`));
  y = g.conv(y, `${name}.conv2`, channels, { kernel: 3 });
  // Where the width changes, the shortcut takes what is normalised already.
  return g.add(same ? x : g.conv(before, `${name}.convShortcut`, channels, { kernel: 1, stride }), y);
}

function wideResnet(name: string, depth: number, factor: number, options: NetworkOptions): Network {
  const g = new GraphBuilder();
  let x = g.conv(g.input(options.inputShape), 'conv1', 16, { kernel: 3 });
  [16, 32, 64].forEach((width, stage) => {
    for (let i = 0; i < (depth - 4) / 6; i++) x = block(g, x, `block${stage + 1}.layer.${i}`, width * factor, stage > 0 && i === 0 ? 2 : 1);
  });
  x = g.relu(g.batchNorm(x, 'bn1'));
  return g.network(name, options, g.linear(g.globalAveragePool(x), 'fc', options.classes, 'zeroBias'));
}

export const wideResnets = {
  wrn_16_1: (options: NetworkOptions) => wideResnet('wrn_16_1', 16, 1, options),
  wrn_16_2: (options: NetworkOptions) => wideResnet('wrn_16_2', 16, 2, options),
  wrn_40_1: (options: NetworkOptions) => wideResnet('wrn_40_1', 40, 1, options),
  wrn_40_2: (options: NetworkOptions) => wideResnet('wrn_40_2', 40, 2, options),
};

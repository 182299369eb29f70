/**
 * SqueezeNet 1.1 (Iandola et al. 2016, arXiv 1602.07360) as torchvision has it. Its max pools round sizes up, so that a last
 * window may hang over the edge. Its logits are means of a map after a ReLU: there is no linear layer, and so no integer variant.
 */
import { GraphBuilder, type Network, type NetworkOptions, type NodeId } from './graph.ts';

/** A convolution with bias, then ReLU. */
const convRelu = (g: GraphBuilder, x: NodeId, name: string, channels: number, kernel: number): NodeId =>
  g.relu(g.conv(x, name, channels, { kernel, bias: true }));

/** A narrow layer, then two wide ones side by side. */
function fire(g: GraphBuilder, x: NodeId, name: string, narrow: number): NodeId {
  const squeezed = convRelu(g, x, `${name}.squeeze`, narrow, 1);
  return g.concat(convRelu(g, squeezed, `${name}.expand1x1`, 4 * narrow, 1), convRelu(g, squeezed, `${name}.expand3x3`, 4 * narrow, 3));
}

function pool(g: GraphBuilder, x: NodeId): NodeId {
  const after = (size: number): number => Math.max(0, Math.ceil((size - 3) / 2) * 2 + 3 - size);
  const [height, width] = g.shapeOf(x);
  return g.maxPool(x, { kernel: 3, stride: 2, padding: [0, 0, after(height), after(width)] });
}

/** Channels of the narrow layers between the pools. */
const FIRES = [
  [16, 16],
  [32, 32],
  [48, 48, 64, 64],
];

function squeezenet(name: string, options: NetworkOptions): Network {
  const g = new GraphBuilder();
  let x = g.relu(g.conv(g.input(options.inputShape), 'features.0', 64, { kernel: 3, stride: 2, padding: 0, bias: true }));
  let module = 2;
  for (const group of FIRES) {
    x = pool(g, x);
    module++;
    for (const narrow of group) x = fire(g, x, `features.${module++}`, narrow);
  }
  x = convRelu(g, g.node('dropout', [x], { rate: 0.5 }), 'classifier.1', options.classes, 1);
  return g.network(name, options, g.globalAveragePool(x));
}

export const squeezenets = { 'torchvision.squeezenet1_1': (options: NetworkOptions) => squeezenet('torchvision.squeezenet1_1', options) };

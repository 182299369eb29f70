/**
 * The CIFAR ResNets of He et al. 2015 (arXiv 1512.03385, section 4.2) in MDistiller's form: 6n+2 layers,
 * projection shortcuts (1x1 convolution and batch norm), three stages of widths w1, w2, w3 after a stem of w0.
 * Departure: the published code pools 8x8 at the end and so takes 32-pixel images only; here the pool is global,
 * which is the same at 32 pixels and lets 28-pixel images in.
 */
import { GraphBuilder, type Network, type NetworkOptions, type NodeId } from './graph.ts';

type Widths = readonly [number, number, number, number];

function basicBlock(g: GraphBuilder, x: NodeId, name: string, channels: number, stride: number, project: boolean): NodeId {
  let y = g.conv(x, `${name}.conv1`, channels, { kernel: 3, stride });
  y = g.relu(g.batchNorm(y, `${name}.bn1`));
  y = g.conv(y, `${name}.conv2`, channels, { kernel: 3 });
  y = g.batchNorm(y, `${name}.bn2`);
  const shortcut = project ? g.batchNorm(g.conv(x, `${name}.downsample.0`, channels, { kernel: 1, stride }), `${name}.downsample.1`) : x;
  return g.relu(g.add(y, shortcut));
}

function resnetCifar(name: string, depth: number, widths: Widths, options: NetworkOptions): Network {
  const blocksPerStage = (depth - 2) / 6;
  const g = new GraphBuilder();
  let x = g.input(options.inputShape);
  x = g.relu(g.batchNorm(g.conv(x, 'conv1', widths[0], { kernel: 3 }), 'bn1'));
  let channels = widths[0];
  for (let stage = 1; stage <= 3; stage++) {
    for (let block = 0; block < blocksPerStage; block++) {
      const stride = stage > 1 && block === 0 ? 2 : 1;
      x = basicBlock(g, x, `layer${stage}.${block}`, widths[stage], stride, stride !== 1 || channels !== widths[stage]);
      channels = widths[stage];
    }
  }
  x = g.linear(g.globalAveragePool(x), 'fc', options.classes);
  return g.network(name, options, x);
}

const narrow: Widths = [16, 16, 32, 64];
const wide: Widths = [32, 64, 128, 256];

export const resnetsCifar = {
  resnet8: (options: NetworkOptions) => resnetCifar('resnet8', 8, narrow, options),
  resnet14: (options: NetworkOptions) => resnetCifar('resnet14', 14, narrow, options),
  resnet20: (options: NetworkOptions) => resnetCifar('resnet20', 20, narrow, options),
  resnet32: (options: NetworkOptions) => resnetCifar('resnet32', 32, narrow, options),
  resnet44: (options: NetworkOptions) => resnetCifar('resnet44', 44, narrow, options),
  resnet56: (options: NetworkOptions) => resnetCifar('resnet56', 56, narrow, options),
  resnet110: (options: NetworkOptions) => resnetCifar('resnet110', 110, narrow, options),
  resnet8x4: (options: NetworkOptions) => resnetCifar('resnet8x4', 8, wide, options),
  resnet32x4: (options: NetworkOptions) => resnetCifar('resnet32x4', 32, wide, options),
};

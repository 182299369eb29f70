/**
 * The CIFAR ResNets of He et al. 2015 (arXiv 1512.03385, section 4.2) with shortcuts that have no weights, as in the paper
 * ("option A"): every second row and column, and channels of zeros on both sides; names as in Y. Idelbayev's
 * `pytorch_resnet_cifar10`.
 */
import { GraphBuilder, type Network, type NetworkOptions, type NodeId } from './graph.ts';

function basicBlock(g: GraphBuilder, x: NodeId, name: string, channels: number, stride: number): NodeId {
  let y = g.relu(g.batchNorm(g.conv(x, `${name}.conv1`, channels, { kernel: 3, stride }), `${name}.bn1`));
  y = g.batchNorm(g.conv(y, `${name}.conv2`, channels, { kernel: 3 }), `${name}.bn2`);
  const missing = channels - g.shapeOf(x)[2];
  const shortcut =
    missing === 0 ? x : g.node('padChannels', [g.node('subsample', [x], { stride })], { before: missing / 2, after: missing / 2 });
  return g.relu(g.add(y, shortcut));
}

function resnetOptionA(name: string, depth: number, options: NetworkOptions): Network {
  const g = new GraphBuilder();
  let x = g.relu(g.batchNorm(g.conv(g.input(options.inputShape), 'conv1', 16, { kernel: 3 }), 'bn1'));
  [16, 32, 64].forEach((channels, stage) => {
    for (let i = 0; i < (depth - 2) / 6; i++) x = basicBlock(g, x, `layer${stage + 1}.${i}`, channels, stage > 0 && i === 0 ? 2 : 1);
  });
  return g.network(name, options, g.linear(g.globalAveragePool(x), 'linear', options.classes));
}

export const resnetsOptionA = {
  resnet20_a: (options: NetworkOptions) => resnetOptionA('resnet20_a', 20, options),
  resnet32_a: (options: NetworkOptions) => resnetOptionA('resnet32_a', 32, options),
  resnet44_a: (options: NetworkOptions) => resnetOptionA('resnet44_a', 44, options),
  resnet56_a: (options: NetworkOptions) => resnetOptionA('resnet56_a', 56, options),
  resnet110_a: (options: NetworkOptions) => resnetOptionA('resnet110_a', 110, options),
};

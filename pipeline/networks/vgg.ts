/**
 * VGG (Simonyan and Zisserman 2014, arXiv 1409.1556, table 1) in MDistiller's form for small images: batch norm after each
 * convolution, one linear layer, a max pool of 2 after each of the first three blocks (and the fourth from 64 pixels on).
 */
import { GraphBuilder, type Network, type NetworkOptions } from './graph.ts';

/** Convolutions in each of the five blocks. */
type Blocks = readonly [number, number, number, number, number];

const WIDTHS = [64, 128, 256, 512, 512];

function vgg(name: string, blocks: Blocks, options: NetworkOptions): Network {
  const g = new GraphBuilder();
  let x = g.input(options.inputShape);
  blocks.forEach((convolutions, block) => {
    for (let i = 0; i < convolutions; i++) {
      const module = `block${block}.${3 * i}`;
      x = g.relu(g.batchNorm(g.conv(x, module, WIDTHS[block], { kernel: 3, bias: true }), `block${block}.${3 * i + 1}`));
    }
    if (block < 3 || (block === 3 && options.inputShape.height >= 64)) x = g.maxPool(x, { kernel: 2, stride: 2, padding: 0 });
  });
  return g.network(name, options, g.linear(g.globalAveragePool(x), 'classifier', options.classes, 'normal'));
}

export const vggs = {
  vgg8: (options: NetworkOptions) => vgg('vgg8', [1, 1, 1, 1, 1], options),
  vgg11: (options: NetworkOptions) => vgg('vgg11', [1, 1, 2, 2, 2], options),
  vgg13: (options: NetworkOptions) => vgg('vgg13', [2, 2, 2, 2, 2], options),
  vgg16: (options: NetworkOptions) => vgg('vgg16', [2, 2, 3, 3, 3], options),
  vgg19: (options: NetworkOptions) => vgg('vgg19', [2, 2, 4, 4, 4], options),
};

/**
 * MobileNet (Howard et al. 2017, arXiv 1704.04861) as MDistiller has it, in whose code, and in SLD's, the class is called MobileNetV2:
 * thirteen depthwise-separable blocks with ReLU, neither expansion nor shortcut. Departure: the last pool is global, so that sizes other
 * than 224 pixels work.
 */
import { GraphBuilder, type Network, type NetworkOptions } from './graph.ts';
import { convNorm } from './inverted-residual.ts';

/** Channels and stride of each block: table 1 of the paper. */
const BLOCKS: readonly (readonly [channels: number, stride: number])[] = [
  [64, 1],
  [128, 2],
  [128, 1],
  [256, 2],
  [256, 1],
  [512, 2],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [1024, 2],
  [1024, 1],
];

/** Initial weights are PyTorch's default: the public code states none. */
function mobilenetV1(name: string, options: NetworkOptions): Network {
  const g = new GraphBuilder();
  const start = 'uniform';
  let x = g.relu(convNorm(g, g.input(options.inputShape), ['model.0.0', 'model.0.1'], 32, { kernel: 3, stride: 2, start }));
  BLOCKS.forEach(([channels, stride], i) => {
    const block = `model.${i + 1}`;
    const groups = g.shapeOf(x)[2];
    x = g.relu(convNorm(g, x, [`${block}.0`, `${block}.1`], groups, { kernel: 3, stride, groups, start }));
    x = g.relu(convNorm(g, x, [`${block}.3`, `${block}.4`], channels, { kernel: 1, start }));
  });
  return g.network(name, options, g.linear(g.globalAveragePool(x), 'fc', options.classes));
}

export const mobilenetsV1 = { mobilenet_v1: (options: NetworkOptions) => mobilenetV1('mobilenet_v1', options) };

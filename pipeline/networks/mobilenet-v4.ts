/**
 * MobileNetV4 (Qin et al. 2024, arXiv 2404.10518), the convolutional small and medium, as timm has them: ReLU alone. Universal
 * inverted bottlenecks: a depthwise convolution before the expansion, one after it, either or none.
 */
import { GraphBuilder, type Network, type NetworkOptions, type NodeId } from './graph.ts';
import { convNorm, roundedChannels, type Pair } from './inverted-residual.ts';

/** A convolution alone. */
interface Conv {
  kernel: number;
  stride: number;
  channels: number;
}

/** A dense convolution that expands, then a narrow one. */
interface Fused extends Conv {
  expansion: number;
}

/** Kernels of the depthwise convolutions, 0: none. */
interface Universal {
  before: number;
  after: number;
  stride: number;
  expansion: number;
  channels: number;
}

type Block = Conv | Fused | Universal;

const conv = (kernel: number, stride: number, channels: number): Conv => ({ kernel, stride, channels });
const universal = (before: number, after: number, expansion: number, channels: number, stride = 1): Universal => ({
  before,
  after,
  stride,
  expansion,
  channels,
});

function universalBlock(g: GraphBuilder, x: NodeId, name: string, { before, after, stride, expansion, channels }: Universal): NodeId {
  const pair = (part: string): Pair => [`${name}.${part}.conv`, `${name}.${part}.bn`];
  const inputs = g.shapeOf(x)[2];
  const width = roundedChannels(inputs, expansion);
  let y = x;
  if (before > 0) y = convNorm(g, y, pair('dw_start'), inputs, { kernel: before, stride: after > 0 ? 1 : stride, groups: inputs });
  y = g.relu(convNorm(g, y, pair('pw_exp'), width, { kernel: 1 }));
  if (after > 0) y = g.relu(convNorm(g, y, pair('dw_mid'), width, { kernel: after, stride, groups: width }));
  y = convNorm(g, y, pair('pw_proj'), channels, { kernel: 1 });
  return stride === 1 && inputs === channels ? g.add(x, y) : y;
}

function block(g: GraphBuilder, x: NodeId, name: string, given: Block): NodeId {
  if ('before' in given) return universalBlock(g, x, name, given);
  const { kernel, stride, channels } = given;
  if (!('expansion' in given)) return g.relu(convNorm(g, x, [`${name}.conv`, `${name}.bn1`], channels, { kernel, stride }));
  const wide = roundedChannels(g.shapeOf(x)[2], given.expansion);
  const y = g.relu(convNorm(g, x, [`${name}.conv_exp`, `${name}.bn1`], wide, { kernel, stride }));
  return convNorm(g, y, [`${name}.conv_pwl`, `${name}.bn2`], channels, { kernel: 1 });
}

function mobilenetV4(name: string, stages: readonly Block[][], options: NetworkOptions): Network {
  const g = new GraphBuilder();
  let x = g.relu(convNorm(g, g.input(options.inputShape), ['conv_stem', 'bn1'], 32, { kernel: 3, stride: 2 }));
  stages.forEach((blocks, stage) => {
    blocks.forEach((given, at) => (x = block(g, x, `blocks.${stage}.${at}`, given)));
  });
  x = g.node('linear', [g.globalAveragePool(x)], { name: 'conv_head', outFeatures: 1280, start: 'uniform', pointwise: true, bias: false });
  x = g.node('dropout', [g.relu(g.batchNorm(x, 'norm_head'))], { rate: 0.2 });
  return g.network(name, options, g.linear(x, 'classifier', options.classes));
}

const small: Block[][] = [
  [conv(3, 2, 32), conv(1, 1, 32)],
  [conv(3, 2, 96), conv(1, 1, 64)],
  [universal(5, 5, 3, 96, 2), ...Array.from({ length: 4 }, () => universal(0, 3, 2, 96)), universal(3, 0, 4, 96)],
  [
    universal(3, 3, 6, 128, 2),
    universal(5, 5, 4, 128),
    universal(0, 5, 4, 128),
    universal(0, 5, 3, 128),
    universal(0, 3, 4, 128),
    universal(0, 3, 4, 128),
  ],
  [conv(1, 1, 960)],
];

const medium: Block[][] = [
  [{ ...conv(3, 2, 48), expansion: 4 }],
  [universal(3, 5, 4, 80, 2), universal(3, 3, 2, 80)],
  [
    universal(3, 5, 6, 160, 2),
    universal(3, 3, 4, 160),
    universal(3, 3, 4, 160),
    universal(3, 5, 4, 160),
    universal(3, 3, 4, 160),
    universal(3, 0, 4, 160),
    universal(0, 0, 2, 160),
    universal(3, 0, 4, 160),
  ],
  [
    universal(5, 5, 6, 256, 2),
    universal(5, 5, 4, 256),
    universal(3, 5, 4, 256),
    universal(3, 5, 4, 256),
    universal(0, 0, 4, 256),
    universal(3, 0, 4, 256),
    universal(3, 5, 2, 256),
    universal(5, 5, 4, 256),
    universal(0, 0, 4, 256),
    universal(0, 0, 4, 256),
    universal(5, 0, 2, 256),
  ],
  [conv(1, 1, 960)],
];

export const mobilenetsV4 = {
  'timm.mobilenetv4_conv_small': (options: NetworkOptions) => mobilenetV4('timm.mobilenetv4_conv_small', small, options),
  'timm.mobilenetv4_conv_medium': (options: NetworkOptions) => mobilenetV4('timm.mobilenetv4_conv_medium', medium, options),
};

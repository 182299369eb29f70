/**
 * ConvNeXt (Liu et al. 2022, arXiv 2201.03545): atto as timm has it (its narrow layers are 1x1 convolutions), tiny as torchvision
 * has it (linear layers). Layer norm and GELU have no integer form, and so neither has the network.
 */
import { GraphBuilder, type ConvOptions, type Network, type NetworkOptions, type NodeId } from './graph.ts';

const EPSILON = 1e-6;

interface Size {
  depths: readonly number[];
  channels: readonly number[];
}

/** Names of the parts in a library. */
interface Names {
  stem: readonly [convolution: string, norm: string];
  downsample(stage: number): readonly [norm: string, convolution: string];
  block(stage: number, at: number): { scale: string; depthwise: string; norm: string; wide: string; narrow: string };
  /** Shapes of the state: dimensions of 1 behind a block's factors, and whether its pointwise weights are linear layers'. */
  trailing: 0 | 2;
  flat: boolean;
  norm: string;
  head: string;
}

const timm: Names = {
  stem: ['stem.0', 'stem.1'],
  downsample: (stage) => [`stages.${stage}.downsample.0`, `stages.${stage}.downsample.1`],
  block(stage, at) {
    const name = `stages.${stage}.blocks.${at}`;
    return {
      scale: `${name}.gamma`,
      depthwise: `${name}.conv_dw`,
      norm: `${name}.norm`,
      wide: `${name}.mlp.fc1`,
      narrow: `${name}.mlp.fc2`,
    };
  },
  trailing: 0,
  flat: false,
  norm: 'head.norm',
  head: 'head.fc',
};

const torchvision: Names = {
  stem: ['features.0.0', 'features.0.1'],
  downsample: (stage) => [`features.${2 * stage}.0`, `features.${2 * stage}.1`],
  block(stage, at) {
    const name = `features.${2 * stage + 1}.${at}`;
    const part = (at: number): string => `${name}.block.${at}`;
    return { scale: `${name}.layer_scale`, depthwise: part(0), norm: part(2), wide: part(3), narrow: part(5) };
  },
  trailing: 2,
  flat: true,
  norm: 'classifier.0',
  head: 'classifier.2',
};

function convnext(name: string, names: Names, { depths, channels }: Size, options: NetworkOptions): Network {
  const { inputShape, classes, stochasticDepth = 0 } = options;
  const g = new GraphBuilder();
  const norm = (x: NodeId, name: string): NodeId => g.node('layerNorm', [x], { name, epsilon: EPSILON });
  const conv = (x: NodeId, name: string, channels: number, options: ConvOptions): NodeId =>
    g.conv(x, name, channels, { bias: true, start: 'transformer', ...options });
  const pointwise: ConvOptions = { kernel: 1, ...(names.flat && { flat: true }) };
  const blocks = depths.reduce((sum, depth) => sum + depth, 0);
  let x = norm(conv(g.input(inputShape), names.stem[0], channels[0], { kernel: 4, stride: 4, padding: 0 }), names.stem[1]);
  let block = 0;
  depths.forEach((depth, stage) => {
    const width = channels[stage];
    if (stage > 0) {
      const [before, convolution] = names.downsample(stage);
      x = conv(norm(x, before), convolution, width, { kernel: 2, stride: 2, padding: 0 });
    }
    for (let at = 0; at < depth; at++, block++) {
      const { scale, depthwise, norm: inner, wide, narrow } = names.block(stage, at);
      let y = norm(conv(x, depthwise, width, { kernel: 7, groups: width }), inner);
      y = conv(g.node('gelu', [conv(y, wide, 4 * width, pointwise)], {}), narrow, width, pointwise);
      y = g.node('layerScale', [y], { name: scale, trailing: names.trailing });
      const rate = (stochasticDepth * block) / Math.max(1, blocks - 1);
      x = g.add(x, rate > 0 ? g.node('dropPath', [y], { rate }) : y);
    }
  });
  return g.network(name, { inputShape, classes }, g.linear(norm(g.globalAveragePool(x), names.norm), names.head, classes, 'transformer'));
}

const atto: Size = { depths: [2, 2, 6, 2], channels: [40, 80, 160, 320] };
const tiny: Size = { depths: [3, 3, 9, 3], channels: [96, 192, 384, 768] };

export const convnexts = {
  'timm.convnext_atto': (options: NetworkOptions) => convnext('timm.convnext_atto', timm, atto, options),
  'torchvision.convnext_tiny': (options: NetworkOptions) => convnext('torchvision.convnext_tiny', torchvision, tiny, options),
};

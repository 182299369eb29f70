/** Networks of a stem, stages of inverted residual blocks, and a head: MobileNetV2 and EfficientNet-Lite by table. */
import { GraphBuilder, type Network, type NetworkOptions, type NodeId } from './graph.ts';
import { convNorm, invertedResidual, roundedChannels, type BlockNames, type Pair } from './inverted-residual.ts';

/** Names that a library gives the parts. */
export interface Names {
  stem: Pair;
  /** @param place block among all, and its stage and place there */
  block(place: { block: number; stage: number; at: number; expands: boolean }): BlockNames;
  head: Pair;
  classifier: string;
}

/** timm's, of all its networks of this kind. */
export const timm: Names = {
  stem: ['conv_stem', 'bn1'],
  block({ stage, at, expands }) {
    const pair = (convolution: string, norm: string): Pair => [`blocks.${stage}.${at}.${convolution}`, `blocks.${stage}.${at}.${norm}`];
    return expands
      ? { expand: pair('conv_pw', 'bn1'), depthwise: pair('conv_dw', 'bn2'), project: pair('conv_pwl', 'bn3') }
      : { depthwise: pair('conv_dw', 'bn1'), project: pair('conv_pw', 'bn2') };
  },
  head: ['conv_head', 'bn2'],
  classifier: 'classifier',
};

export type Stage = readonly [repetitions: number, kernel: number, firstStride: number, expansion: number, channels: number];

export interface Form {
  names: Names;
  stages: readonly Stage[];
  /** Factors of channels, and of repetitions. */
  width: number;
  depth: number;
  /** Stem, head, and the repetitions of the first and the last stage stay as they are. */
  fixedEnds: boolean;
  padding?: 'same';
  epsilon?: number;
  dropout: number;
}

/** With ReLU6 throughout. `stochasticDepth` rises linearly over the blocks. */
export function invertedResidualNetwork(name: string, form: Form, options: NetworkOptions): Network {
  const { names, width, depth, fixedEnds, padding, epsilon, dropout } = form;
  const { inputShape, classes, stochasticDepth = 0 } = options;
  const g = new GraphBuilder();
  const activation = (x: NodeId): NodeId => g.relu6(x);
  const isEnd = (stage: number): boolean => stage === 0 || stage === form.stages.length - 1;
  const stages = form.stages.map(([repetitions, ...rest], stage): Stage => [
    fixedEnds && isEnd(stage) ? repetitions : Math.ceil(repetitions * depth),
    ...rest,
  ]);
  const blocks = stages.reduce((sum, [repetitions]) => sum + repetitions, 0);
  const stem = fixedEnds ? 32 : roundedChannels(32, width);
  let x = activation(convNorm(g, g.input(inputShape), names.stem, stem, { kernel: 3, stride: 2, padding }, epsilon));
  let block = 0;
  const stageEnds: NodeId[] = [];
  stages.forEach(([repetitions, kernel, firstStride, expansion, channels], stage) => {
    for (let at = 0; at < repetitions; at++, block++)
      x = invertedResidual(g, x, names.block({ block, stage, at, expands: expansion > 1 }), {
        channels: roundedChannels(channels, width),
        width: g.shapeOf(x)[2] * expansion,
        stride: at === 0 ? firstStride : 1,
        kernel,
        padding,
        epsilon,
        activation,
        dropRate: (stochasticDepth * block) / blocks,
      });
    stageEnds.push(x);
  });
  const head = fixedEnds ? 1280 : Math.max(1280, roundedChannels(1280, width));
  x = activation(convNorm(g, x, names.head, head, { kernel: 1 }, epsilon));
  x = g.node('dropout', [g.globalAveragePool(x)], { rate: dropout });
  return g.network(name, { inputShape, classes }, g.linear(x, names.classifier, classes), stageEnds);
}

export const byName = (members: readonly (readonly [string, Form])[]): Record<string, (options: NetworkOptions) => Network> =>
  Object.fromEntries(members.map(([name, form]) => [name, (options: NetworkOptions) => invertedResidualNetwork(name, form, options)]));

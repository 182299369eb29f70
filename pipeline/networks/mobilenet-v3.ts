/**
 * MobileNetV3 small and large (Howard et al. 2019, arXiv 1905.02244), as torchvision and timm have them: hard swish, squeeze and
 * excitation by a hard sigmoid. torchvision's batch norms have an ε of 1e-3, timm's of 1e-5; timm's head is a convolution.
 */
import { GraphBuilder, type Network, type NetworkOptions, type NodeId } from './graph.ts';
import { convNorm, roundedChannels, type Pair } from './inverted-residual.ts';

/** Kernel, channels in between and after, whether squeezed and excited, whether hard swish, stride. */
type Block = readonly [kernel: number, width: number, channels: number, squeezes: boolean, swish: boolean, stride: number];

interface Size {
  blocks: readonly Block[];
  /** The last block of each of timm's stages. */
  stageEnds: readonly number[];
  last: number;
  head: number;
}

const small: Size = {
  blocks: [
    [3, 16, 16, true, false, 2],
    [3, 72, 24, false, false, 2],
    [3, 88, 24, false, false, 1],
    [5, 96, 40, true, true, 2],
    [5, 240, 40, true, true, 1],
    [5, 240, 40, true, true, 1],
    [5, 120, 48, true, true, 1],
    [5, 144, 48, true, true, 1],
    [5, 288, 96, true, true, 2],
    [5, 576, 96, true, true, 1],
    [5, 576, 96, true, true, 1],
  ],
  stageEnds: [0, 2, 5, 7, 10],
  last: 576,
  head: 1024,
};

const large: Size = {
  blocks: [
    [3, 16, 16, false, false, 1],
    [3, 64, 24, false, false, 2],
    [3, 72, 24, false, false, 1],
    [5, 72, 40, true, false, 2],
    [5, 120, 40, true, false, 1],
    [5, 120, 40, true, false, 1],
    [3, 240, 80, false, true, 2],
    [3, 200, 80, false, true, 1],
    [3, 184, 80, false, true, 1],
    [3, 184, 80, false, true, 1],
    [3, 480, 112, true, true, 1],
    [3, 672, 112, true, true, 1],
    [5, 672, 160, true, true, 2],
    [5, 960, 160, true, true, 1],
    [5, 960, 160, true, true, 1],
  ],
  stageEnds: [0, 2, 5, 9, 11, 14],
  last: 960,
  head: 1280,
};

interface BlockNames {
  /** Absent if the block does not expand. */
  expand?: Pair;
  depthwise: Pair;
  squeeze: readonly [reduce: string, expand: string];
  project: Pair;
}

/** Names of the parts in a library. */
interface Library {
  epsilon: number;
  stem: Pair;
  block(size: Size, at: number, expands: boolean): BlockNames;
  last(size: Size): Pair;
  /** Its weights are those of a 1x1 convolution where it is one. */
  head: { name: string; pointwise?: true };
  classifier: string;
}

const torchvision: Library = {
  epsilon: 1e-3,
  stem: ['features.0.0', 'features.0.1'],
  block({ blocks }, at, expands) {
    const pair = (part: number): Pair => [`features.${at + 1}.block.${part}.0`, `features.${at + 1}.block.${part}.1`];
    const deep = expands ? 1 : 0;
    const squeeze = `features.${at + 1}.block.${deep + 1}`;
    return {
      ...(expands && { expand: pair(0) }),
      depthwise: pair(deep),
      squeeze: [`${squeeze}.fc1`, `${squeeze}.fc2`],
      project: pair(deep + (blocks[at][3] ? 2 : 1)),
    };
  },
  last: ({ blocks }) => [`features.${blocks.length + 1}.0`, `features.${blocks.length + 1}.1`],
  head: { name: 'classifier.0' },
  classifier: 'classifier.3',
};

const timm: Library = {
  epsilon: 1e-5,
  stem: ['conv_stem', 'bn1'],
  block({ stageEnds }, at, expands) {
    const stage = stageEnds.findIndex((end) => at <= end);
    const name = `blocks.${stage}.${at - (stage === 0 ? 0 : stageEnds[stage - 1] + 1)}`;
    const squeeze = [`${name}.se.conv_reduce`, `${name}.se.conv_expand`] as const;
    const pair = (convolution: string, norm: string): Pair => [`${name}.${convolution}`, `${name}.${norm}`];
    return expands
      ? { expand: pair('conv_pw', 'bn1'), depthwise: pair('conv_dw', 'bn2'), squeeze, project: pair('conv_pwl', 'bn3') }
      : { depthwise: pair('conv_dw', 'bn1'), squeeze, project: pair('conv_pw', 'bn2') };
  },
  last: ({ stageEnds }) => [`blocks.${stageEnds.length}.0.conv`, `blocks.${stageEnds.length}.0.bn1`],
  head: { name: 'conv_head', pointwise: true },
  classifier: 'classifier',
};

/** Each channel times a number that all channels' means decide (Hu et al. 2017, arXiv 1709.01507). */
function squeezeExcite(g: GraphBuilder, x: NodeId, [reduce, expand]: BlockNames['squeeze']): NodeId {
  const channels = g.shapeOf(x)[2];
  const linear = (x: NodeId, name: string, outFeatures: number): NodeId =>
    g.node('linear', [x], { name, outFeatures, start: 'uniform', pointwise: true });
  const squeezed = g.relu(linear(g.globalAveragePool(x), reduce, roundedChannels(channels, 1 / 4)));
  return g.node('multiply', [x, g.node('hardSigmoid', [linear(squeezed, expand, channels)], {})], {});
}

function mobilenetV3(name: string, size: Size, library: Library, options: NetworkOptions): Network {
  const { epsilon } = library;
  const g = new GraphBuilder();
  const hardSwish = (x: NodeId): NodeId => g.node('hardSwish', [x], {});
  let x = hardSwish(convNorm(g, g.input(options.inputShape), library.stem, 16, { kernel: 3, stride: 2 }, epsilon));
  size.blocks.forEach(([kernel, width, channels, squeezes, swish, stride], at) => {
    const activation = (x: NodeId): NodeId => (swish ? hardSwish(x) : g.relu(x));
    const inputs = g.shapeOf(x)[2];
    const names = library.block(size, at, width !== inputs);
    let y = x;
    if (names.expand) y = activation(convNorm(g, y, names.expand, width, { kernel: 1 }, epsilon));
    y = activation(convNorm(g, y, names.depthwise, width, { kernel, stride, groups: width }, epsilon));
    if (squeezes) y = squeezeExcite(g, y, names.squeeze);
    y = convNorm(g, y, names.project, channels, { kernel: 1 }, epsilon);
    x = stride === 1 && inputs === channels ? g.add(x, y) : y;
  });
  x = hardSwish(convNorm(g, x, library.last(size), size.last, { kernel: 1 }, epsilon));
  x = hardSwish(g.node('linear', [g.globalAveragePool(x)], { ...library.head, outFeatures: size.head, start: 'normal' }));
  x = g.node('dropout', [x], { rate: 0.2 });
  return g.network(name, options, g.linear(x, library.classifier, options.classes, 'normal'));
}

const members: [name: string, size: Size, library: Library][] = [
  ['torchvision.mobilenet_v3_small', small, torchvision],
  ['torchvision.mobilenet_v3_large', large, torchvision],
  ['timm.mobilenetv3_small_100', small, timm],
  ['timm.mobilenetv3_large_100', large, timm],
];

export const mobilenetsV3: Record<string, (options: NetworkOptions) => Network> = Object.fromEntries(
  members.map(([name, size, library]) => [name, (options: NetworkOptions) => mobilenetV3(name, size, library, options)]),
);

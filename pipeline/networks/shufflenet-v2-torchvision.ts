/** ShuffleNetV2 (Ma et al. 2018, arXiv 1807.11164) as torchvision has it, for 224 pixels: a 3x3 stem of stride 2 and a max pool. */
import { GraphBuilder, type Network, type NetworkOptions, type NodeId } from './graph.ts';
import { convNorm } from './inverted-residual.ts';

/** Output channels of the stem, the three stages and the last convolution. */
type Channels = readonly [number, number, number, number, number];

const BLOCKS = [4, 8, 4];

/** Places of the convolutions among a branch's modules, and whether each is depthwise. */
type Modules = readonly (readonly [at: number, depthwise: boolean])[];

/** Convolutions whose names count up by module: a batch norm follows each, a ReLU that counts too follows those of kernel 1. */
function branch(g: GraphBuilder, x: NodeId, name: string, channels: number, modules: Modules, stride: number): NodeId {
  return modules.reduce((x, [at, depthwise]) => {
    const pair = [`${name}.${at}`, `${name}.${at + 1}`] as const;
    if (!depthwise) return g.relu(convNorm(g, x, pair, channels, { kernel: 1 }));
    const inputs = g.shapeOf(x)[2];
    return convNorm(g, x, pair, inputs, { kernel: 3, stride, groups: inputs });
  }, x);
}

const NARROW_DEEP: Modules = [
  [0, false],
  [3, true],
  [5, false],
];
const DEEP: Modules = [
  [0, true],
  [2, false],
];

function unit(g: GraphBuilder, x: NodeId, name: string, outChannels: number, stride: number): NodeId {
  const half = outChannels / 2;
  const size = g.shapeOf(x)[2] / 2;
  const left = stride === 1 ? g.node('channelSlice', [x], { start: 0, size }) : branch(g, x, `${name}.branch1`, half, DEEP, stride);
  const from = stride === 1 ? g.node('channelSlice', [x], { start: size, size }) : x;
  const right = branch(g, from, `${name}.branch2`, half, NARROW_DEEP, stride);
  return g.node('channelShuffle', [g.concat(left, right)], { groups: 2 });
}

function shufflenetV2(name: string, [stem, ...stages]: Channels, options: NetworkOptions): Network {
  const g = new GraphBuilder();
  let x = g.relu(convNorm(g, g.input(options.inputShape), ['conv1.0', 'conv1.1'], stem, { kernel: 3, stride: 2 }));
  x = g.maxPool(x, { kernel: 3, stride: 2, padding: 1 });
  BLOCKS.forEach((count, stage) => {
    for (let i = 0; i < count; i++) x = unit(g, x, `stage${stage + 2}.${i}`, stages[stage], i === 0 ? 2 : 1);
  });
  x = g.relu(convNorm(g, x, ['conv5.0', 'conv5.1'], stages[3], { kernel: 1 }));
  return g.network(name, options, g.linear(g.globalAveragePool(x), 'fc', options.classes));
}

const members: [name: string, channels: Channels][] = [
  ['torchvision.shufflenet_v2_x0_5', [24, 48, 96, 192, 1024]],
  ['torchvision.shufflenet_v2_x1_0', [24, 116, 232, 464, 1024]],
  ['torchvision.shufflenet_v2_x1_5', [24, 176, 352, 704, 1024]],
  ['torchvision.shufflenet_v2_x2_0', [24, 244, 488, 976, 2048]],
];

export const shufflenetsV2Torchvision: Record<string, (options: NetworkOptions) => Network> = Object.fromEntries(
  members.map(([name, channels]) => [name, (options: NetworkOptions) => shufflenetV2(name, channels, options)]),
);

/**
 * ShuffleNetV2 (Ma et al. 2018, arXiv 1807.11164) in MDistiller's form for 32 pixels: a 1x1 stem of stride 1, no max pool.
 * Departure: the last pool is global, so that other sizes work.
 */
import { GraphBuilder, type Network, type NetworkOptions, type NodeId } from './graph.ts';

interface Size {
  /** Output channels of the three stages and of the last convolution. */
  channels: readonly [number, number, number, number];
  blocks: readonly [number, number, number];
}

const start = 'uniform';

/** Half of the channels passes as it is, the other half through three convolutions. */
function unit(g: GraphBuilder, x: NodeId, name: string): NodeId {
  const half = g.shapeOf(x)[2] / 2;
  const kept = g.node('channelSlice', [x], { start: 0, size: half });
  let y = g.node('channelSlice', [x], { start: half, size: half });
  y = g.relu(g.batchNorm(g.conv(y, `${name}.conv1`, half, { kernel: 1, start }), `${name}.bn1`));
  y = g.batchNorm(g.conv(y, `${name}.conv2`, half, { kernel: 3, groups: half, start }), `${name}.bn2`);
  y = g.relu(g.batchNorm(g.conv(y, `${name}.conv3`, half, { kernel: 1, start }), `${name}.bn3`));
  return g.node('channelShuffle', [g.concat(kept, y)], { groups: 2 });
}

/** Half the size, by two branches that both see all channels. */
function downUnit(g: GraphBuilder, x: NodeId, name: string, outChannels: number): NodeId {
  const inChannels = g.shapeOf(x)[2];
  const half = outChannels / 2;
  let left = g.batchNorm(g.conv(x, `${name}.conv1`, inChannels, { kernel: 3, stride: 2, groups: inChannels, start }), `${name}.bn1`);
  left = g.relu(g.batchNorm(g.conv(left, `${name}.conv2`, half, { kernel: 1, start }), `${name}.bn2`));
  let right = g.relu(g.batchNorm(g.conv(x, `${name}.conv3`, half, { kernel: 1, start }), `${name}.bn3`));
  right = g.batchNorm(g.conv(right, `${name}.conv4`, half, { kernel: 3, stride: 2, groups: half, start }), `${name}.bn4`);
  right = g.relu(g.batchNorm(g.conv(right, `${name}.conv5`, half, { kernel: 1, start }), `${name}.bn5`));
  return g.node('channelShuffle', [g.concat(left, right)], { groups: 2 });
}

function shufflenetV2(name: string, { channels, blocks }: Size, options: NetworkOptions): Network {
  const g = new GraphBuilder();
  let x = g.relu(g.batchNorm(g.conv(g.input(options.inputShape), 'conv1', 24, { kernel: 1, start }), 'bn1'));
  blocks.forEach((count, stage) => {
    x = downUnit(g, x, `layer${stage + 1}.0`, channels[stage]);
    for (let i = 1; i <= count; i++) x = unit(g, x, `layer${stage + 1}.${i}`);
  });
  x = g.relu(g.batchNorm(g.conv(x, 'conv2', channels[3], { kernel: 1, start }), 'bn2'));
  return g.network(name, options, g.linear(g.globalAveragePool(x), 'linear', options.classes));
}

export const shufflenetsV2 = {
  ShuffleV2: (options: NetworkOptions) => shufflenetV2('ShuffleV2', { channels: [116, 232, 464, 1024], blocks: [3, 7, 3] }, options),
  'ShuffleV2_x0.2': (options: NetworkOptions) =>
    shufflenetV2('ShuffleV2_x0.2', { channels: [40, 80, 160, 512], blocks: [3, 3, 3] }, options),
  'ShuffleV2_x0.3': (options: NetworkOptions) =>
    shufflenetV2('ShuffleV2_x0.3', { channels: [40, 80, 160, 512], blocks: [3, 7, 3] }, options),
  'ShuffleV2_x0.5': (options: NetworkOptions) =>
    shufflenetV2('ShuffleV2_x0.5', { channels: [48, 96, 192, 1024], blocks: [3, 7, 3] }, options),
  'ShuffleV2_x1.5': (options: NetworkOptions) =>
    shufflenetV2('ShuffleV2_x1.5', { channels: [176, 352, 704, 1024], blocks: [3, 7, 3] }, options),
  'ShuffleV2_x2.0': (options: NetworkOptions) =>
    shufflenetV2('ShuffleV2_x2.0', { channels: [224, 488, 976, 2048], blocks: [3, 7, 3] }, options),
};

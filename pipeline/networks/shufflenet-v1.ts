/**
 * ShuffleNet (Zhang et al. 2017, arXiv 1707.01083) with three groups in MDistiller's form for 32 pixels: a 1x1 stem of stride
 * 1, no max pool. Departure: the last pool is global, so that other sizes work.
 */
import { GraphBuilder, type Network, type NetworkOptions, type NodeId } from './graph.ts';

const GROUPS = 3;
const STEM = 24;
/** Output channels and blocks of each stage. */
const STAGES = [
  [240, 4],
  [480, 8],
  [960, 4],
] as const;
const start = 'uniform';

/** Unit of ShuffleNet V1. Stride 2 appends the average pool of the input to the result; stride 1 adds a residual. */
function unit(g: GraphBuilder, x: NodeId, name: string, outChannels: number, stride: number): NodeId {
  const inChannels = g.shapeOf(x)[2];
  const width = Math.trunc(outChannels / 4);
  // The stem's channels are too few to be grouped.
  const groups = inChannels === STEM ? 1 : GROUPS;
  let y = g.relu(g.batchNorm(g.conv(x, `${name}.conv1`, width, { kernel: 1, groups, start }), `${name}.bn1`));
  if (groups > 1) y = g.node('channelShuffle', [y], { groups });
  y = g.relu(g.batchNorm(g.conv(y, `${name}.conv2`, width, { kernel: 3, stride, groups: width, start }), `${name}.bn2`));
  y = g.batchNorm(g.conv(y, `${name}.conv3`, outChannels, { kernel: 1, groups: GROUPS, start }), `${name}.bn3`);
  return g.relu(stride === 2 ? g.concat(y, g.node('averagePool', [x], { kernel: 3, stride, padding: 1 })) : g.add(y, x));
}

function shufflenetV1(name: string, options: NetworkOptions): Network {
  const g = new GraphBuilder();
  let x = g.relu(g.batchNorm(g.conv(g.input(options.inputShape), 'conv1', STEM, { kernel: 1, start }), 'bn1'));
  STAGES.forEach(([channels, blocks], stage) => {
    for (let i = 0; i < blocks; i++) {
      // What the pooled input brings along, the convolutions need not make.
      x = i === 0 ? unit(g, x, `layer${stage + 1}.0`, channels - g.shapeOf(x)[2], 2) : unit(g, x, `layer${stage + 1}.${i}`, channels, 1);
    }
  });
  return g.network(name, options, g.linear(g.globalAveragePool(x), 'linear', options.classes));
}

export const shufflenetsV1 = { ShuffleV1: (options: NetworkOptions) => shufflenetV1('ShuffleV1', options) };

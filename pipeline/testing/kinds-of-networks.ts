/**
 * One small network of each kind that is registered, so that an engine's gradients through it can be tested in little time.
 * Shallow and over some hundred values a batch norm: a deep network over few images multiplies the last digit's noise until
 * no two engines agree, right as they are (docs/engines.md).
 */
import { GraphBuilder, type Network, type NodeId } from '../networks/graph.ts';
import { buildNetwork } from '../networks/index.ts';
import { visionTransformer } from '../networks/vision-transformer.ts';

const inputShape = { height: 8, width: 8, channels: 3 };
const options = { inputShape, classes: 3 };

function networkOf(name: string, body: (g: GraphBuilder, x: NodeId) => NodeId): Network {
  const g = new GraphBuilder();
  const stem = g.relu(g.batchNorm(g.conv(g.input(inputShape), 'stem', 12, { kernel: 3 }), 'stem.bn'));
  return g.network(name, options, g.linear(g.globalAveragePool(body(g, stem)), 'fc', options.classes));
}

/** MobileNetV2's block: wider, by its own kernels at a stride, narrower again; and one at stride 1 with its shortcut. */
const inverted = (g: GraphBuilder, x: NodeId): NodeId =>
  [2, 1].reduce((x, stride) => {
    const name = `stride${stride}`;
    const wide = g.relu6(g.batchNorm(g.conv(x, `${name}.wide`, 24, { kernel: 1 }), `${name}.bn1`));
    const deep = g.relu6(g.batchNorm(g.conv(wide, `${name}.depthwise`, 24, { kernel: 3, stride, groups: 24 }), `${name}.bn2`));
    const narrow = g.batchNorm(g.conv(deep, `${name}.narrow`, 12, { kernel: 1 }), `${name}.bn3`);
    return stride === 1 ? g.add(narrow, x) : narrow;
  }, x);

/** ShuffleNet's: in groups, shuffled, halves taken apart and put together again, beside an average pool. */
const shuffled = (g: GraphBuilder, x: NodeId): NodeId => {
  const grouped = g.node('channelShuffle', [g.relu(g.batchNorm(g.conv(x, 'grouped', 24, { kernel: 1, groups: 3 }), 'bn1'))], { groups: 3 });
  const deep = g.batchNorm(
    g.conv(g.node('channelSlice', [grouped], { start: 12, size: 12 }), 'depthwise', 12, { kernel: 3, stride: 2, groups: 12 }),
    'bn2',
  );
  return g.relu(
    g.concat(
      g.node('averagePool', [x], { kernel: 3, stride: 2, padding: 1 }),
      g.batchNorm(g.conv(deep, 'narrow', 12, { kernel: 1, groups: 3 }), 'bn3'),
    ),
  );
};

/** The residual networks' shortcut without weights, of the paper: every second row and column, channels of zeros on both sides. */
const padded = (g: GraphBuilder, x: NodeId): NodeId => {
  const narrow = g.batchNorm(g.conv(x, 'narrow', 24, { kernel: 3, stride: 2 }), 'bn1');
  return g.relu(g.add(narrow, g.node('padChannels', [g.node('subsample', [x], { stride: 2 })], { before: 6, after: 6 })));
};

export const kindsOfNetworks = (): [kind: string, network: Network][] => [
  ['a residual network', buildNetwork('resnet8', options)],
  ['inverted residuals with depthwise convolutions', networkOf('inverted', inverted)],
  ['grouped convolutions and shuffles', networkOf('shuffled', shuffled)],
  ['shortcuts without weights', networkOf('padded', padded)],
  ['a transformer', visionTransformer('transformer', 'timm', { patch: 4, width: 24, depth: 2, heads: 2 }, options)],
];

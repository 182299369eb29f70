import type { FrozenNode } from '../networks/freeze.ts';
import { GraphBuilder, type Network, type NodeId } from '../networks/graph.ts';

const inputShape = { height: 7, width: 6, channels: 3 };

/** A network around `body`, which gets the input's node and answers with the last feature map's. */
function networkOf(body: (g: GraphBuilder, x: NodeId) => NodeId): Network {
  const g = new GraphBuilder();
  const output = g.linear(g.globalAveragePool(body(g, g.input(inputShape))), 'fc', 4);
  return g.network('made', { inputShape, classes: 4 }, output);
}

const BODIES: [what: string, body: (g: GraphBuilder, x: NodeId) => NodeId, ops: FrozenNode['op'][]][] = [
  [
    'a biased convolution before a batch norm: all in one',
    (g, x) => g.relu(g.batchNorm(g.conv(x, 'conv', 5, { kernel: 3, bias: true }), 'bn')),
    ['input', 'conv2d', 'globalAveragePool', 'linear'],
  ],
  [
    'a convolution that is read twice: not changed',
    (g, x) => {
      const y = g.conv(x, 'conv', 5, { kernel: 3 });
      return g.add(g.batchNorm(y, 'bn'), y);
    },
    ['input', 'conv2d', 'batchNorm', 'add', 'globalAveragePool', 'linear'],
  ],
  [
    'a batch norm of the input and one after a ReLU: on their own',
    (g, x) => g.batchNorm(g.relu(g.conv(g.batchNorm(x, 'first'), 'conv', 5, { kernel: 1 })), 'last'),
    ['input', 'batchNorm', 'conv2d', 'batchNorm', 'globalAveragePool', 'linear'],
  ],
  [
    'two batch norms in a row: both folded',
    (g, x) => g.batchNorm(g.batchNorm(g.conv(x, 'conv', 5, { kernel: 3, stride: 2 }), 'a'), 'b'),
    ['input', 'conv2d', 'globalAveragePool', 'linear'],
  ],
  [
    'a sum that is read with and without its ReLU: not fused',
    (g, x) => {
      const sum = g.add(g.conv(x, 'a', 5, { kernel: 3 }), g.conv(x, 'b', 5, { kernel: 1 }));
      return g.add(g.relu(sum), sum);
    },
    ['input', 'conv2d', 'conv2d', 'add', 'activation', 'add', 'globalAveragePool', 'linear'],
  ],
  [
    'a ReLU that two read: fused once',
    (g, x) => {
      const y = g.relu(g.conv(x, 'conv', 5, { kernel: 3 }));
      return g.add(y, g.conv(y, 'next', 5, { kernel: 3 }));
    },
    ['input', 'conv2d', 'conv2d', 'add', 'globalAveragePool', 'linear'],
  ],
  [
    'a ReLU and a pool',
    (g, x) => g.maxPool(g.relu(g.conv(x, 'conv', 5, { kernel: 3 })), { kernel: 3, stride: 2, padding: 1 }),
    ['input', 'conv2d', 'maxPool', 'globalAveragePool', 'linear'],
  ],
  [
    'a padded pool of negative values: its padding is no maximum',
    (g, x) => g.maxPool(g.batchNorm(g.conv(g.relu(x), 'conv', 5, { kernel: 1 }), 'bn'), { kernel: 3, stride: 2, padding: 1 }),
    ['input', 'activation', 'conv2d', 'maxPool', 'globalAveragePool', 'linear'],
  ],
];

/** Bodies with the operations that architectures other than plain stacks of convolutions need. */
BODIES.push(
  [
    'depthwise convolutions: batch norm and ReLU6 in them',
    (g, x) =>
      g.relu6(
        g.batchNorm(
          g.conv(g.relu(g.conv(x, 'conv', 5, { kernel: 1, bias: true })), 'depthwise', 5, { kernel: 3, stride: 2, groups: 5 }),
          'bn',
        ),
      ),
    ['input', 'conv2d', 'depthwiseConv2d', 'globalAveragePool', 'linear'],
  ],
  [
    'a convolution in groups: batch norm and ReLU in each',
    (g, x) => g.relu(g.batchNorm(g.conv(g.conv(x, 'conv', 6, { kernel: 1 }), 'grouped', 4, { kernel: 3, groups: 2, bias: true }), 'bn')),
    ['input', 'conv2d', 'groupedConv2d', 'globalAveragePool', 'linear'],
  ],
  [
    'slice, concat, shuffle and an average pool',
    (g, x) => {
      const y = g.conv(x, 'conv', 6, { kernel: 3 });
      const half = g.node('channelSlice', [y], { start: 3, size: 3 });
      return g.node('averagePool', [g.node('channelShuffle', [g.concat(half, y, half)], { groups: 3 })], {
        kernel: 3,
        stride: 2,
        padding: 1,
      });
    },
    ['input', 'conv2d', 'channelSlice', 'concat', 'channelShuffle', 'averagePool', 'globalAveragePool', 'linear'],
  ],
  [
    'a ReLU beside negative values in one concat',
    (g, x) => g.concat(g.relu(g.conv(x, 'cut', 4, { kernel: 3 })), g.conv(x, 'whole', 3, { kernel: 1 })),
    ['input', 'conv2d', 'conv2d', 'concat', 'globalAveragePool', 'linear'],
  ],
  [
    'a shortcut without weights',
    (g, x) =>
      g.relu(
        g.add(
          g.conv(x, 'conv', 7, { kernel: 3, stride: 2 }),
          g.node('padChannels', [g.node('subsample', [x], { stride: 2 })], { before: 2, after: 2 }),
        ),
      ),
    ['input', 'conv2d', 'subsample', 'padChannels', 'add', 'globalAveragePool', 'linear'],
  ],
  [
    'a batch norm on its own with a ReLU, and dropout: one node and none',
    (g, x) => g.node('dropout', [g.relu(g.batchNorm(x, 'bn'))], { rate: 0.3 }),
    ['input', 'batchNorm', 'globalAveragePool', 'linear'],
  ],
  [
    'padding of each side: convolutions, depthwise ones and in groups, and pools',
    (g, x) => {
      const dense = g.relu6(g.conv(x, 'conv', 6, { kernel: 3, stride: 2, padding: 'same' }));
      const deep = g.conv(dense, 'depthwise', 6, { kernel: 5, stride: 2, groups: 6, padding: [1, 2, 2, 1] });
      const grouped = g.conv(g.relu(deep), 'grouped', 4, { kernel: 3, groups: 2, padding: [2, 0, 1, 2] });
      const most = g.maxPool(grouped, { kernel: 2, stride: 1, padding: [0, 0, 1, 1] });
      return g.node('averagePool', [most], { kernel: 2, stride: 1, padding: [1, 0, 0, 1] });
    },
    ['input', 'conv2d', 'depthwiseConv2d', 'groupedConv2d', 'maxPool', 'averagePool', 'globalAveragePool', 'linear'],
  ],
  [
    'hard swish, and squeeze and excitation',
    (g, x) => {
      const y = g.node('hardSwish', [g.batchNorm(g.conv(x, 'conv', 6, { kernel: 3 }), 'bn')], {});
      const squeezed = g.relu(g.linear(g.globalAveragePool(y), 'reduce', 4));
      const gate = g.node('hardSigmoid', [g.linear(squeezed, 'expand', 6)], {});
      return g.node('multiply', [y, gate], {});
    },
    ['input', 'conv2d', 'hardSwish', 'globalAveragePool', 'linear', 'linear', 'hardSigmoid', 'multiply', 'globalAveragePool', 'linear'],
  ],
  [
    'a 1x1 convolution of a vector, batch norm and ReLU in it, and one with the weights of a linear layer',
    (g, x) => {
      const y = g.conv(x, 'flat', 5, { kernel: 1, flat: true, bias: true });
      const vector = g.node('linear', [g.globalAveragePool(y)], {
        name: 'head',
        outFeatures: 5,
        start: 'uniform',
        pointwise: true,
        bias: false,
      });
      return g.node('multiply', [y, g.relu(g.batchNorm(vector, 'head_norm'))], {});
    },
    ['input', 'conv2d', 'globalAveragePool', 'linear', 'multiply', 'globalAveragePool', 'linear'],
  ],
);

/** Small networks of shapes that no registered one has, with the operations that they freeze to. */
export const madeNetworks = (): [what: string, network: Network, ops: FrozenNode['op'][]][] =>
  BODIES.map(([what, body, ops]) => [what, networkOf(body), ops]);

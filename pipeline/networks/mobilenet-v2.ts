/**
 * MobileNetV2 (Sandler et al. 2018, arXiv 1801.04381), twice. MDistiller's for 32 pixels: half width, ReLU, a stem of stride
 * 2 and no stride in the first stage of 24 channels. torchvision's for 224 pixels: ReLU6, dropout before the head.
 * Departure: the last pool is global in both, so that other sizes work.
 */
import { GraphBuilder, type Network, type NetworkOptions, type NodeId } from './graph.ts';
import { invertedResidual, type BlockNames, type Pair } from './inverted-residual.ts';

/** Expansion, width, repetitions, stride of the first: table 2 of the paper. */
type Stage = readonly [number, number, number, number];

function mdistiller(name: string, expansion: number, widthFactor: number, options: NetworkOptions): Network {
  const g = new GraphBuilder();
  const relu = (x: NodeId): NodeId => g.relu(x);
  const scaled = (width: number): number => Math.trunc(width * widthFactor);
  const stages: Stage[] = [
    [1, 16, 1, 1],
    [expansion, 24, 2, 1],
    [expansion, 32, 3, 2],
    [expansion, 64, 4, 2],
    [expansion, 96, 3, 1],
    [expansion, 160, 3, 2],
    [expansion, 320, 1, 1],
  ];
  let x = relu(g.batchNorm(g.conv(g.input(options.inputShape), 'conv1.0', scaled(32), { kernel: 3, stride: 2 }), 'conv1.1'));
  stages.forEach(([expansion, width, repetitions, firstStride], stage) => {
    for (let i = 0; i < repetitions; i++) {
      const module = `blocks.${stage}.${i}.conv`;
      const pair = (at: number): Pair => [`${module}.${at}`, `${module}.${at + 1}`];
      x = invertedResidual(
        g,
        x,
        { expand: pair(0), depthwise: pair(3), project: pair(6) },
        { channels: scaled(width), width: g.shapeOf(x)[2] * expansion, stride: i === 0 ? firstStride : 1, activation: relu },
      );
    }
  });
  x = relu(g.batchNorm(g.conv(x, 'conv2.0', Math.max(1280, scaled(1280)), { kernel: 1 }), 'conv2.1'));
  return g.network(name, options, g.linear(g.globalAveragePool(x), 'classifier.0', options.classes, 'normal'));
}

const STAGES: Stage[] = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
];

function torchvision(name: string, options: NetworkOptions): Network {
  const g = new GraphBuilder();
  const relu = (x: NodeId): NodeId => g.relu6(x);
  let x = relu(g.batchNorm(g.conv(g.input(options.inputShape), 'features.0.0', 32, { kernel: 3, stride: 2 }), 'features.0.1'));
  let feature = 1;
  for (const [expansion, channels, repetitions, firstStride] of STAGES) {
    for (let i = 0; i < repetitions; i++) {
      const module = `features.${feature++}.conv`;
      const pair = (at: number): Pair => [`${module}.${at}.0`, `${module}.${at}.1`];
      const first = expansion === 1 ? 0 : 1;
      const names: BlockNames = {
        ...(first === 1 && { expand: pair(0) }),
        depthwise: pair(first),
        project: [`${module}.${first + 1}`, `${module}.${first + 2}`],
      };
      const stride = i === 0 ? firstStride : 1;
      x = invertedResidual(g, x, names, { channels, width: g.shapeOf(x)[2] * expansion, stride, activation: relu });
    }
  }
  x = relu(g.batchNorm(g.conv(x, `features.${feature}.0`, 1280, { kernel: 1 }), `features.${feature}.1`));
  x = g.node('dropout', [g.globalAveragePool(x)], { rate: 0.2 });
  return g.network(name, options, g.linear(x, 'classifier.1', options.classes, 'normal'));
}

export const mobilenetsV2 = {
  MobileNetV2: (options: NetworkOptions) => mdistiller('MobileNetV2', 6, 0.5, options),
  'torchvision.mobilenet_v2': (options: NetworkOptions) => torchvision('torchvision.mobilenet_v2', options),
};

/**
 * The ImageNet ResNets of He et al. 2015 (arXiv 1512.03385, table 1) as torchvision has them (7x7 stem, max pool,
 * stride on the 3x3 of a bottleneck), and MDistiller's `ResNet18`/`ResNet50`: the same blocks on a 3x3 stem
 * without pooling, for 32-pixel images, whose projection is called `shortcut` and whose head is `linear`.
 */
import { GraphBuilder, type Network, type NetworkOptions, type NodeId } from './graph.ts';

interface Family {
  block: 'basic' | 'bottleneck';
  blocks: readonly [number, number, number, number];
  stem: 'imagenet' | 'cifar';
  projection: string;
  head: string;
}

function block(g: GraphBuilder, x: NodeId, name: string, width: number, stride: number, project: boolean, family: Family): NodeId {
  const expansion = family.block === 'basic' ? 1 : 4;
  let y = x;
  if (family.block === 'basic') {
    y = g.relu(g.batchNorm(g.conv(y, `${name}.conv1`, width, { kernel: 3, stride }), `${name}.bn1`));
    y = g.batchNorm(g.conv(y, `${name}.conv2`, width, { kernel: 3 }), `${name}.bn2`);
  } else {
    y = g.relu(g.batchNorm(g.conv(y, `${name}.conv1`, width, { kernel: 1 }), `${name}.bn1`));
    y = g.relu(g.batchNorm(g.conv(y, `${name}.conv2`, width, { kernel: 3, stride }), `${name}.bn2`));
    y = g.batchNorm(g.conv(y, `${name}.conv3`, width * expansion, { kernel: 1 }), `${name}.bn3`);
  }
  const shortcut = project
    ? g.batchNorm(g.conv(x, `${name}.${family.projection}.0`, width * expansion, { kernel: 1, stride }), `${name}.${family.projection}.1`)
    : x;
  return g.relu(g.add(y, shortcut));
}

function resnetImagenet(name: string, family: Family, options: NetworkOptions): Network {
  const g = new GraphBuilder();
  let x = g.input(options.inputShape);
  x = g.conv(x, 'conv1', 64, family.stem === 'imagenet' ? { kernel: 7, stride: 2 } : { kernel: 3 });
  x = g.relu(g.batchNorm(x, 'bn1'));
  if (family.stem === 'imagenet') x = g.maxPool(x, { kernel: 3, stride: 2, padding: 1 });
  let channels = 64;
  const stageEnds: NodeId[] = [];
  family.blocks.forEach((count, stage) => {
    const width = 64 * 2 ** stage;
    const outChannels = width * (family.block === 'basic' ? 1 : 4);
    for (let i = 0; i < count; i++) {
      const stride = stage > 0 && i === 0 ? 2 : 1;
      x = block(g, x, `layer${stage + 1}.${i}`, width, stride, stride !== 1 || channels !== outChannels, family);
      channels = outChannels;
    }
    stageEnds.push(x);
  });
  x = g.linear(g.globalAveragePool(x), family.head, options.classes);
  return g.network(name, options, x, stageEnds);
}

const torchvision = { stem: 'imagenet', projection: 'downsample', head: 'fc' } as const;
const mdistiller = { stem: 'cifar', projection: 'shortcut', head: 'linear' } as const;

export const resnetsImagenet = {
  'torchvision.resnet18': (o: NetworkOptions) =>
    resnetImagenet('torchvision.resnet18', { ...torchvision, block: 'basic', blocks: [2, 2, 2, 2] }, o),
  'torchvision.resnet34': (o: NetworkOptions) =>
    resnetImagenet('torchvision.resnet34', { ...torchvision, block: 'basic', blocks: [3, 4, 6, 3] }, o),
  'torchvision.resnet50': (o: NetworkOptions) =>
    resnetImagenet('torchvision.resnet50', { ...torchvision, block: 'bottleneck', blocks: [3, 4, 6, 3] }, o),
  ResNet18: (o: NetworkOptions) => resnetImagenet('ResNet18', { ...mdistiller, block: 'basic', blocks: [2, 2, 2, 2] }, o),
  ResNet34: (o: NetworkOptions) => resnetImagenet('ResNet34', { ...mdistiller, block: 'basic', blocks: [3, 4, 6, 3] }, o),
  ResNet50: (o: NetworkOptions) => resnetImagenet('ResNet50', { ...mdistiller, block: 'bottleneck', blocks: [3, 4, 6, 3] }, o),
};

/** Inverted residual blocks (Sandler et al. 2018, arXiv 1801.04381), of which MobileNets and EfficientNets are made. */
import type { ConvOptions, GraphBuilder, NodeId } from './graph.ts';

/** Names of a convolution and of the batch norm after it. */
export type Pair = readonly [convolution: string, norm: string];

export interface BlockNames {
  /** Absent if the block does not expand. */
  expand?: Pair;
  depthwise: Pair;
  project: Pair;
}

export interface BlockOptions {
  /** Channels of the output. */
  channels: number;
  /** Channels of the depthwise convolution. */
  width: number;
  stride: number;
  /** Kernel of the depthwise convolution; default 3. */
  kernel?: number;
  /** Padding of the depthwise convolution. */
  padding?: ConvOptions['padding'];
  epsilon?: number;
  activation: (x: NodeId) => NodeId;
  /** Rate at which training drops the branch beside the shortcut. */
  dropRate?: number;
}

/** Expansion and depthwise convolution each with batch norm and activation, then a linear projection; a shortcut where the shape stays. */
export function invertedResidual(g: GraphBuilder, x: NodeId, names: BlockNames, options: BlockOptions): NodeId {
  const { channels, width, stride, kernel = 3, padding, epsilon, activation, dropRate = 0 } = options;
  let y = x;
  if (names.expand) y = activation(convNorm(g, y, names.expand, width, { kernel: 1 }, epsilon));
  y = activation(convNorm(g, y, names.depthwise, width, { kernel, stride, padding, groups: width }, epsilon));
  y = convNorm(g, y, names.project, channels, { kernel: 1 }, epsilon);
  if (stride !== 1 || g.shapeOf(x)[2] !== channels) return y;
  return g.add(x, dropRate > 0 ? g.node('dropPath', [y], { rate: dropRate }) : y);
}

/** A convolution without bias and the batch norm after it. */
export const convNorm = (
  g: GraphBuilder,
  x: NodeId,
  [convolution, norm]: Pair,
  channels: number,
  options: ConvOptions,
  epsilon?: number,
): NodeId => g.batchNorm(g.conv(x, convolution, channels, options), norm, epsilon);

/** Channels times a width factor, to a multiple of 8, no more than a tenth below: as in TensorFlow's models and those that follow them. */
export function roundedChannels(channels: number, factor: number): number {
  const exact = channels * factor;
  const rounded = Math.max(8, Math.floor((exact + 4) / 8) * 8);
  return rounded < 0.9 * exact ? rounded + 8 : rounded;
}

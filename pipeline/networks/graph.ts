/**
 * A network is a small graph of named nodes, defined once: training interprets it, freezing folds it,
 * the package writers lower it. Parameter names and shapes are PyTorch's, so public checkpoints load by name.
 */
import { samePadding, type Padding } from '../engines/padding.ts';
import { operationOf, type AttributesOf, type GraphNode, type OperationName } from './operations/index.ts';
import type { ActivationShape } from './operations/operation.ts';
import type { Window } from './operations/windows.ts';
import type { TrainableRounding } from './rounding-in-training.ts';

/** Height, width and channels of images. */
export interface Shape {
  height: number;
  width: number;
  channels: number;
}

export interface NetworkOptions {
  inputShape: Shape;
  classes: number;
  /** Rate at which training drops the last block's branches, from 0, below 1; rising linearly from the first block. For networks that have it (transformers, EfficientNet-Lite, ConvNeXt). */
  stochasticDepth?: number;
}

export interface Network {
  name: string;
  inputShape: Shape;
  classes: number;
  nodes: GraphNode[];
  /** The node whose output is the logits. */
  output: number;
  /** Last node of each stage, in order; everything after it reads through it. Absent if the stages can't be told apart. */
  stageEnds?: number[];
  /** Rounding of the weights of convolutions and linear layers in the forward pass. Absent: none. */
  weightRounding?: TrainableRounding;
  /** True if the steps of that rounding are trained, an entry `NAME.step` of the state for each one of weights. */
  learnsSteps?: boolean;
}

/** The node ids handed around while a graph is built. */
export type NodeId = number;

export interface ConvOptions {
  kernel: number;
  stride?: number;
  /** Zeros around the map; by default what keeps the size at stride 1 at every side; `same`: TensorFlow's. */
  padding?: Padding | 'same';
  bias?: boolean;
  /** 1: all inputs to all outputs; as many as there are channels: depthwise. */
  groups?: number;
  /** Distribution of the initial weights (`ConvolutionAttributes`). */
  start?: 'kaiming' | 'uniform' | 'transformer';
  /** The weights of a 1x1 convolution are a linear layer's. */
  flat?: true;
}

/** Builds a graph node by node; each method returns the new node's id. */
export class GraphBuilder {
  readonly nodes: GraphNode[] = [];

  /** Any registered operation; the methods below are its usual calls. @throws Error where the operation can't take these inputs. */
  node<Op extends OperationName>(op: Op, inputs: NodeId[], attributes: AttributesOf<Op>): NodeId {
    const id = this.nodes.length;
    const inputShapes = inputs.map((input) => this.nodes[input].shape);
    const shape = operationOf({ op }).shape(inputShapes, attributes);
    this.nodes.push({ ...attributes, op, id, inputs, inputShapes, shape } as unknown as GraphNode);
    return id;
  }

  shapeOf(x: NodeId): ActivationShape {
    return this.nodes[x].shape;
  }

  input({ height, width, channels }: Shape): NodeId {
    return this.node('input', [], { shapeOfImages: [height, width, channels] });
  }

  conv(x: NodeId, name: string, outChannels: number, options: ConvOptions): NodeId {
    const { kernel, stride = 1, bias = false, groups = 1, start = 'kaiming', flat } = options;
    const padding = options.padding === 'same' ? samePadding(this.shapeOf(x), kernel, stride) : (options.padding ?? (kernel - 1) / 2);
    const attributes = { name, outChannels, kernel, stride, padding, bias, start, ...(flat && { flat }) };
    if (groups === 1) return this.node('conv2d', [x], attributes);
    return groups === this.shapeOf(x)[2]
      ? this.node('depthwiseConv2d', [x], attributes)
      : this.node('groupedConv2d', [x], { ...attributes, groups });
  }

  batchNorm(x: NodeId, name: string, epsilon = 1e-5): NodeId {
    return this.node('batchNorm', [x], { name, epsilon });
  }

  relu(x: NodeId): NodeId {
    return this.node('activation', [x], { activation: 'relu' });
  }

  relu6(x: NodeId): NodeId {
    return this.node('activation', [x], { activation: 'relu6' });
  }

  add(a: NodeId, b: NodeId): NodeId {
    return this.node('add', [a, b], {});
  }

  concat(...inputs: NodeId[]): NodeId {
    return this.node('concat', inputs, {});
  }

  maxPool(x: NodeId, options: Window): NodeId {
    return this.node('maxPool', [x], options);
  }

  globalAveragePool(x: NodeId): NodeId {
    return this.node('globalAveragePool', [x], {});
  }

  /** @param start `uniform`: PyTorch's default, ±1/√in; `normal`: deviation 0.01, bias 0; `zeroBias`: uniform, but bias 0 */
  linear(x: NodeId, name: string, outFeatures: number, start: AttributesOf<'linear'>['start'] = 'uniform'): NodeId {
    return this.node('linear', [x], { name, outFeatures, start });
  }

  /** The graph as a network whose logits are `output`. */
  network(name: string, { inputShape, classes }: { inputShape: Shape; classes: number }, output: NodeId, stageEnds?: NodeId[]): Network {
    return { name, inputShape, classes, nodes: this.nodes, output, ...(stageEnds && { stageEnds }) };
  }
}

/** Number of nodes that read each node's output. */
export function consumerCounts(network: Network): number[] {
  const counts = new Array<number>(network.nodes.length).fill(0);
  for (const node of network.nodes) for (const input of node.inputs) counts[input]++;
  counts[network.output]++;
  return counts;
}

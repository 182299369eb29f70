/**
 * A network is a small graph of named nodes, defined once: training interprets it, freezing folds it,
 * the package writers lower it. Parameter names and shapes are PyTorch's, so public checkpoints load by name.
 */

/** Height, width, channels of an activation; a vector has height and width 1. */
export interface Shape {
  height: number;
  width: number;
  channels: number;
}

interface NodeBase {
  /** Position in `Network.nodes`; inputs always come earlier. */
  id: number;
  inputs: number[];
  shape: Shape;
}

export interface InputNode extends NodeBase {
  op: 'input';
}

/** Square kernel, symmetric zero padding as in PyTorch. Parameters: `<name>.weight` [out, in, k, k], `<name>.bias` [out]. */
export interface ConvNode extends NodeBase {
  op: 'conv2d';
  name: string;
  inChannels: number;
  outChannels: number;
  kernel: number;
  stride: number;
  padding: number;
  bias: boolean;
}

/** Parameters: weight, bias; buffers: running_mean, running_var; all [channels]. */
export interface BatchNormNode extends NodeBase {
  op: 'batchNorm';
  name: string;
  epsilon: number;
}

export interface ReluNode extends NodeBase {
  op: 'relu';
}

export interface AddNode extends NodeBase {
  op: 'add';
}

export interface MaxPoolNode extends NodeBase {
  op: 'maxPool';
  kernel: number;
  stride: number;
  padding: number;
}

export interface GlobalAveragePoolNode extends NodeBase {
  op: 'globalAveragePool';
}

/** Parameters: weight [out, in], bias [out]. */
export interface LinearNode extends NodeBase {
  op: 'linear';
  name: string;
  inFeatures: number;
  outFeatures: number;
}

export type GraphNode =
  | InputNode
  | ConvNode
  | BatchNormNode
  | ReluNode
  | AddNode
  | MaxPoolNode
  | GlobalAveragePoolNode
  | LinearNode;

export interface Network {
  name: string;
  inputShape: Shape;
  classes: number;
  nodes: GraphNode[];
  /** The node whose output is the logits. */
  output: number;
}

type NodeInit = GraphNode extends infer N ? (N extends GraphNode ? Omit<N, 'id'> : never) : never;

/** The node ids handed around while a graph is built. */
export type NodeId = number;

/** Builds a graph node by node; each method returns the new node's id. */
export class GraphBuilder {
  readonly nodes: GraphNode[] = [];

  input(shape: Shape): NodeId {
    return this.#push({ op: 'input', inputs: [], shape });
  }

  conv(x: NodeId, name: string, outChannels: number, options: { kernel: number; stride?: number; padding?: number; bias?: boolean }): NodeId {
    const { kernel, stride = 1, padding = (kernel - 1) / 2, bias = false } = options;
    const from = this.nodes[x].shape;
    const shape = {
      height: pooledSize(from.height, kernel, stride, padding),
      width: pooledSize(from.width, kernel, stride, padding),
      channels: outChannels,
    };
    return this.#push({ op: 'conv2d', inputs: [x], shape, name, inChannels: from.channels, outChannels, kernel, stride, padding, bias });
  }

  batchNorm(x: NodeId, name: string, epsilon = 1e-5): NodeId {
    return this.#push({ op: 'batchNorm', inputs: [x], shape: this.nodes[x].shape, name, epsilon });
  }

  relu(x: NodeId): NodeId {
    return this.#push({ op: 'relu', inputs: [x], shape: this.nodes[x].shape });
  }

  add(a: NodeId, b: NodeId): NodeId {
    return this.#push({ op: 'add', inputs: [a, b], shape: this.nodes[a].shape });
  }

  maxPool(x: NodeId, options: { kernel: number; stride: number; padding: number }): NodeId {
    const from = this.nodes[x].shape;
    const { kernel, stride, padding } = options;
    const shape = {
      height: pooledSize(from.height, kernel, stride, padding),
      width: pooledSize(from.width, kernel, stride, padding),
      channels: from.channels,
    };
    return this.#push({ op: 'maxPool', inputs: [x], shape, kernel, stride, padding });
  }

  globalAveragePool(x: NodeId): NodeId {
    return this.#push({ op: 'globalAveragePool', inputs: [x], shape: { height: 1, width: 1, channels: this.nodes[x].shape.channels } });
  }

  linear(x: NodeId, name: string, outFeatures: number): NodeId {
    const inFeatures = this.nodes[x].shape.channels;
    return this.#push({ op: 'linear', inputs: [x], shape: { height: 1, width: 1, channels: outFeatures }, name, inFeatures, outFeatures });
  }

  #push(node: NodeInit): NodeId {
    const id = this.nodes.length;
    this.nodes.push({ ...node, id } as GraphNode);
    return id;
  }
}

function pooledSize(size: number, kernel: number, stride: number, padding: number): number {
  return Math.floor((size + 2 * padding - kernel) / stride) + 1;
}

/** How many nodes read each node's output. */
export function consumerCounts(network: Network): number[] {
  const counts = new Array<number>(network.nodes.length).fill(0);
  for (const node of network.nodes) for (const input of node.inputs) counts[input]++;
  counts[network.output]++;
  return counts;
}

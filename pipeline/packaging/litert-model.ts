/**
 * A frozen network written as a LiteRT model (`.tflite`, what TensorFlow Lite is called now): input `input` `[1, H, W, C]` float32,
 * normalised; output `logits` `[1, classes]`; weights inside the file, float32.
 */
import type { FrozenNetwork, FrozenNode } from '../networks/freeze.ts';
import { outputsFirst } from '../networks/operations/integer-def.ts';
import type { Constant } from '../networks/operations/operation.ts';
import { encodeLiteRtModel, type LiteRtModel } from './litert-flatbuffer.ts';
import { LiteRtGraph, type LiteRtValue, type LiteRtWeights } from './litert-graph.ts';
import type { OnnxDescription } from './onnx-model.ts';

type Op = FrozenNode['op'];

interface Scope {
  graph: LiteRtGraph;
  inputs: LiteRtValue[];
  /** The value that the node must give. */
  output: LiteRtValue;
}

type Lowering<Of extends Op> = (node: Extract<FrozenNode, { op: Of }>, scope: Scope) => void;

/** The least float32. */
const LEAST = -3.4028234663852886e38;

/** Operations without a line here have no LiteRT form: those of transformers. */
const lowerings: { [Of in Op]?: Lowering<Of> } = {
  // The graph itself states its inputs.
  input: () => undefined,

  conv2d(node, { graph, inputs, output }) {
    const { kernel, bias } = node.constants;
    const [height, width, own, outputs] = kernel.shape;
    const weights = constants(graph, output, outputsFirst(kernel.data, outputs), [outputs, height, width, own], bias.data);
    graph.convolution(inputs[0], weights, node, output, { activation: node.activation, depthwise: false });
  },

  depthwiseConv2d(node, { graph, inputs, output }) {
    const { kernel, bias } = node.constants;
    const weights = constants(graph, output, kernel.data, [1, node.kernel, node.kernel, bias.data.length], bias.data);
    graph.convolution(inputs[0], weights, node, output, { activation: node.activation, depthwise: true });
  },

  groupedConv2d(node, { graph, inputs, output }) {
    const parts = Array.from({ length: node.groups }, (_, g) => [node.constants[`kernel${g}`], node.constants[`bias${g}`]]);
    const [height, width, own, size] = parts[0][0].shape;
    const kernels = joined(parts.map(([kernel]) => outputsFirst(kernel.data, size)));
    const weights = constants(graph, output, kernels, [size * node.groups, height, width, own], joined(parts.map(([, bias]) => bias.data)));
    graph.convolution(inputs[0], weights, node, output, { activation: node.activation, depthwise: false });
  },

  linear({ activation, constants: { weights, bias } }, { graph, inputs, output }) {
    if (output.shape.length !== 1) throw new Error('a linear layer of a sequence has no LiteRT form');
    const outputs = output.shape[0];
    const own = constants(graph, output, outputsFirst(weights.data, outputs), [outputs, weights.shape[0]], bias.data);
    graph.fullyConnected(inputs[0], own, output, activation);
  },

  batchNorm({ activation, constants: { scale, offset } }, { graph, inputs: [x], output }) {
    const perChannel = (key: string, { data }: Constant): LiteRtValue => ({
      name: graph.constant(`${output.name}/${key}`, data, [data.length]),
      shape: x.shape,
    });
    const scaled = graph.pair('MUL', [x, perChannel('scale', scale)], { name: `${output.name}/scaled`, shape: x.shape }, 'none');
    graph.pair('ADD', [scaled, perChannel('offset', offset)], output, activation);
  },

  activation: ({ activation }, { graph, inputs: [x], output }) =>
    void graph.apply(activation === 'relu' ? 'RELU' : 'RELU6', [x.name], output),

  hardSwish: (_node, { graph, inputs: [x], output }) => void graph.apply('HARD_SWISH', [x.name], output),

  /** relu6(x + 3) / 6. */
  hardSigmoid(_node, { graph, inputs: [x], output }) {
    const number = (key: string, value: number): LiteRtValue => ({
      name: graph.constant(`${output.name}/${key}`, Float32Array.of(value), [1]),
      shape: x.shape,
    });
    const lifted = graph.pair('ADD', [x, number('three', 3)], { name: `${output.name}/lifted`, shape: x.shape }, 'relu6');
    graph.pair('MUL', [lifted, number('sixth', 1 / 6)], output, 'none');
  },

  add: ({ activation }, { graph, inputs, output }) => void graph.pair('ADD', inputs, output, activation),
  multiply: (_node, { graph, inputs, output }) => void graph.pair('MUL', inputs, output, 'none'),
  averagePool: (node, { graph, inputs, output }) => void graph.averagePool(inputs[0], node, output),
  globalAveragePool: (_node, { graph, inputs, output }) => void graph.globalMean(inputs[0], output),
  maxPool: (node, { graph, inputs, output }) => void graph.maxPool(inputs[0], node, output, Float32Array.of(LEAST)),
  channelShuffle: ({ groups }, { graph, inputs, output }) => void graph.channelShuffle(inputs[0], groups, output),
  channelSlice: ({ start }, { graph, inputs, output }) => void graph.channelSlice(inputs[0], start, output),
  concat: (_node, { graph, inputs, output }) => void graph.concatenation(inputs, output),
  padChannels: ({ before }, { graph, inputs, output }) => void graph.padChannels(inputs[0], before, output),
  subsample: ({ stride }, { graph, inputs, output }) => void graph.subsample(inputs[0], stride, output),
};

/**
 * The same network gives the same bytes.
 * @throws Error in one line for a network with an operation that has no LiteRT form
 */
export function writeLiteRtModel(network: FrozenNetwork, description: OnnxDescription): Uint8Array {
  const graph = new LiteRtGraph();
  const values = new Map<string, LiteRtValue>();
  for (const node of network.nodes) {
    const { name, op, shape, inputs } = node;
    const lower = lowerings[op] as Lowering<Op> | undefined;
    if (!lower) throw new Error(`${network.name} has no LiteRT form: its operation ${op} ("${name}") has none here`);
    const output = { name: name === network.output ? 'logits' : name, shape };
    values.set(name, op === 'input' ? graph.value(output) : output);
    lower(node as never, { graph, inputs: inputs.map((input) => values.get(input)!), output });
  }
  return encodeLiteRtModel(liteRtModelOf(network.name, 'float32', graph, description));
}

/** The model around a graph's operators: what all of ours have in common. @param more of the description */
export const liteRtModelOf = (
  name: string,
  numbers: LiteRtModel['numbers'],
  { tensors, operators }: LiteRtGraph,
  { labels, preprocessing }: OnnxDescription,
  more = '',
): LiteRtModel => ({
  name,
  numbers,
  description: `${name}, ${labels.length} classes${more}`,
  tensors,
  operators,
  input: 'input',
  output: 'logits',
  metadata: { labels: JSON.stringify(labels), preprocessing: JSON.stringify({ ...preprocessing, layout: 'nhwc' }) },
});

const constants = (
  graph: LiteRtGraph,
  { name }: LiteRtValue,
  weights: Float32Array,
  shape: number[],
  bias: Float32Array,
): LiteRtWeights => ({
  weights: graph.constant(`${name}/weights`, weights, shape),
  bias: graph.constant(`${name}/bias`, bias, [bias.length]),
});

const joined = (parts: Float32Array[]): Float32Array => Float32Array.from(parts.flatMap((part) => [...part]));

/**
 * Each node of an integer program (docs/integer-arithmetic.md) as LiteRT's operators of full int8 quantization: weights with a scale
 * for each output channel, activations with one, int32 biases. A scale of activations stands for the same range as the program's, in
 * 256 steps. So activations of 7 bits become finer; those of 8 bits stay what they are.
 */
import type { IntegerNode, IntegerOp, IntegerShape } from '@sld-edge/runtime/integer';
import type { Activation } from '../networks/operations/operation.ts';
import type { LiteRtQuantization } from './litert-flatbuffer.ts';
import type { LiteRtGraph, LiteRtValue, LiteRtWeights, LiteRtWindow } from './litert-graph.ts';

/** An earlier node of the program, as a later one reads it. */
export interface LiteRtOperand extends LiteRtValue {
  quantization: LiteRtQuantization;
  /** The program's own scale and zero point. */
  scale: number;
  zeroPoint: number;
}

/** Context of a node that is written into a LiteRT file. */
export interface LiteRtInt8Scope {
  graph: LiteRtGraph;
  inputs: LiteRtOperand[];
  /** The value that the node must give. */
  output: LiteRtValue & { quantization: LiteRtQuantization };
  /** The largest activation of the program: 127 or 255. */
  largest: number;
}

type Lowering<Op extends IntegerOp> = (node: Extract<IntegerNode, { op: Op }>, scope: LiteRtInt8Scope) => void;

type Clamped = Extract<IntegerNode, { low: number }>;
type Weighted = Extract<IntegerNode, { weights: Int8Array }>;

const LEAST = -128;
const LEVELS = 255;
const LARGEST_WEIGHT = 127;
/** Leaves an accumulator room for the products. */
const LARGEST_BIAS = 2 ** 29;

/** The int8 scale of a range that a program's activations stand for. @param largest activation */
export const int8Quantization = ({ scale, zeroPoint }: { scale: number; zeroPoint: number }, largest: number): LiteRtQuantization => ({
  scale: [(scale * largest) / LEVELS],
  zeroPoint: [Math.round((zeroPoint * LEVELS) / largest) + LEAST],
});

/** The int8 scale of real numbers from `min` to `max`. */
export const int8Range = (min: number, max: number): LiteRtQuantization => {
  const scale = (Math.max(0, max) - Math.min(0, min)) / LEVELS || 1;
  return { scale: [scale], zeroPoint: [Math.round(-Math.min(0, min) / scale) + LEAST] };
};

const lowerings: { [Op in IntegerOp]: Lowering<Op> } = {
  input: (_node, { graph, output }) => void graph.apply('QUANTIZE', ['input'], output),

  convolution(node, scope) {
    const { graph, inputs, output } = scope;
    const channels = inputs[0].shape[2];
    // One operator of LiteRT for a channel of its own each, another for all other groups.
    const depthwise = node.groups === channels && channels > 1;
    const weights = int8Weights(node, scope, [node.shape[2], node.kernel, node.kernel, channels / node.groups], depthwise);
    graph.convolution(inputs[0], weights, node, output, { activation: activationOf(node, scope), depthwise });
  },

  linear: (node, scope) => fullyConnected(node, scope, activationOf(node, scope)),

  logits: (node, scope) => fullyConnected(node, scope, 'none'),

  add: (node, scope) => void scope.graph.pair('ADD', scope.inputs, scope.output, activationOf(node, scope)),

  multiply: (node, scope) => void scope.graph.pair('MUL', scope.inputs, scope.output, activationOf(node, scope)),

  /** x ↦ factor·x + offset is a depthwise convolution of one pixel: only weights have a scale for each channel. */
  affine(node, scope) {
    const [input] = scope.inputs;
    const unit = node.scale / 2 ** node.shift;
    const factors = Array.from(node.factor, (factor) => (factor * unit) / input.scale);
    const offsets = Array.from(
      node.offset,
      (offset, c) => (offset + input.zeroPoint * node.factor[c]) * unit - node.scale * node.zeroPoint,
    );
    const window = { kernel: 1, stride: 1, padding: 0 };
    asMap(scope, node.shape, (x, output) =>
      depthwise(x, scope, { factors, offsets, window, output, activation: activationOf(node, scope) }),
    );
  },

  /** LiteRT's own pool leaves padding out of the mean, and keeps the scale. */
  averagePool(node, scope) {
    const { inputs, output } = scope;
    const factors = new Array<number>(node.shape[2]).fill(1 / node.kernel ** 2);
    depthwise(inputs[0], scope, { factors, offsets: factors.map(() => 0), window: node, output, activation: 'none' });
  },

  globalAveragePool: (_node, { graph, inputs, output }) => void graph.globalMean(inputs[0], output),

  maxPool: (node, { graph, inputs, output }) => void graph.maxPool(inputs[0], node, output, Int8Array.of(LEAST)),

  /** Entries by the activation, which LiteRT takes as an index only in 32 bits. */
  table({ table, scale, zeroPoint }, { graph, inputs: [input], output, largest }) {
    const { name, shape, quantization } = output;
    const entries = Int8Array.from({ length: LEVELS + 1 }, (_, i) => {
      const level = (i * largest) / LEVELS;
      const below = Math.floor(level);
      const entry = table[below] + (level - below) * ((table[below + 1] ?? table[below]) - table[below]);
      const q = Math.round((scale * (entry - zeroPoint)) / quantization.scale[0]) + quantization.zeroPoint[0];
      return Math.min(-LEAST - 1, Math.max(LEAST, q));
    });
    const wide = { name: `${name}/wide`, shape, type: 'int32' as const };
    const index = { name: `${name}/index`, shape, type: 'int32' as const };
    graph.apply('CAST', [input.name], wide);
    graph.apply('ADD', [wide.name, graph.integers(`${name}/lift`, [-LEAST])], index);
    graph.apply('GATHER', [graph.constant(`${name}/table`, entries, [entries.length], quantization), index.name], output, { axis: 0 });
  },

  channelShuffle: ({ groups }, { graph, inputs, output }) => void graph.channelShuffle(inputs[0], groups, output),
  channelSlice: ({ start }, { graph, inputs, output }) => void graph.channelSlice(inputs[0], start, output),
  concat: (_node, { graph, inputs, output }) => void graph.concatenation(inputs, output),
  padChannels: ({ before }, { graph, inputs, output }) => void graph.padChannels(inputs[0], before, output),
  subsample: ({ stride }, { graph, inputs, output }) => void graph.subsample(inputs[0], stride, output),
};

/** Writes the operators of one node of a program; the last one gives `scope.output`. */
export function lowerToLiteRt(node: IntegerNode, scope: LiteRtInt8Scope): void {
  // A table can't tell TypeScript that a node's `op` leads to what takes it.
  (lowerings[node.op] as Lowering<IntegerOp>)(node as never, scope);
}

/** Int8 cuts off where the range ends by itself; only what ends inside of it must be said. */
function activationOf({ low, high, zeroPoint }: Clamped, { largest }: LiteRtInt8Scope): Activation {
  if (high < largest) return 'relu6';
  return low === zeroPoint ? 'relu' : 'none';
}

function fullyConnected(node: Extract<IntegerNode, { op: 'linear' | 'logits' }>, scope: LiteRtInt8Scope, activation: Activation): void {
  const outputs = node.bias.length;
  const weights = int8Weights(node, scope, [outputs, node.weights.length / outputs], false);
  scope.graph.fullyConnected(scope.inputs[0], weights, scope.output, activation);
}

/**
 * The program's weights, and its biases at LiteRT's scale. A weight's scale is what makes the program's multiplier of its output.
 * @param shape `[outputs, …]`; of depthwise convolutions LiteRT has the outputs last
 */
function int8Weights(
  node: Weighted,
  { graph, inputs: [input], output }: LiteRtInt8Scope,
  shape: number[],
  depthwise: boolean,
): LiteRtWeights {
  const [outputs] = shape;
  const size = node.weights.length / outputs;
  const scales = Array.from(node.bias, (_, o) => (node.scale * node.multiplier[o]) / 2 ** node.shift[o] / input.scale);
  const finer = input.scale / input.quantization.scale[0];
  const bias = node.bias.map((bias, o) => {
    const sum = node.weights.subarray(o * size, (o + 1) * size).reduce((sum, weight) => sum + weight, 0);
    return Math.round((bias + input.zeroPoint * sum) * finer);
  });
  const own = depthwise ? node.weights.map((_, i) => node.weights[(i % outputs) * size + Math.floor(i / outputs)]) : node.weights;
  const stored = depthwise ? [1, shape[1], shape[2], outputs] : shape;
  return weightConstants(graph, output.name, { weights: own, shape: stored, scales, bias, input, axis: depthwise ? 3 : 0 });
}

function weightConstants(
  graph: LiteRtGraph,
  name: string,
  {
    weights,
    shape,
    scales,
    bias,
    input,
    axis,
  }: Record<'shape' | 'scales', number[]> & { weights: Int8Array; bias: Int32Array; input: LiteRtOperand; axis: number },
): LiteRtWeights {
  const zeroPoint = scales.map(() => 0);
  return {
    weights: graph.constant(`${name}/weights`, weights, shape, { scale: scales, zeroPoint, axis }),
    bias: graph.constant(`${name}/bias`, bias, [bias.length], {
      scale: scales.map((scale) => scale * input.quantization.scale[0]),
      zeroPoint,
    }),
  };
}

interface DepthwiseLayer {
  /** The one weight of each channel, for all places of the window. */
  factors: number[];
  offsets: number[];
  window: LiteRtWindow;
  output: LiteRtValue;
  activation: Activation;
}

/** Multiplies the sum of each channel's window by a factor. */
function depthwise(x: LiteRtOperand, { graph }: LiteRtInt8Scope, { factors, offsets, window, output, activation }: DepthwiseLayer): void {
  const step = x.quantization.scale[0];
  const scales = factors.map((factor, c) =>
    Math.max(Math.abs(factor) / LARGEST_WEIGHT, Math.abs(offsets[c]) / (step * LARGEST_BIAS), 2 ** -24),
  );
  const channels = factors.length;
  const weights = weightConstants(graph, output.name, {
    weights: Int8Array.from({ length: window.kernel ** 2 * channels }, (_, i) => Math.round(factors[i % channels] / scales[i % channels])),
    shape: [1, window.kernel, window.kernel, channels],
    scales,
    bias: Int32Array.from(offsets, (offset, c) => Math.round(offset / (scales[c] * step))),
    input: x,
    axis: 3,
  });
  graph.convolution(x, weights, window, output, { activation, depthwise: true });
}

/** Computes on maps; a vector becomes a map of one pixel and a vector again. */
function asMap(
  { graph, inputs: [x], output }: LiteRtInt8Scope,
  shape: IntegerShape,
  compute: (x: LiteRtOperand, output: LiteRtValue) => void,
): void {
  if (shape.length === 3) return compute(x, output);
  const map = [1, 1, shape[0]];
  const [before, after] = [
    { ...x, name: `${output.name}/map`, shape: map },
    { ...output, name: `${output.name}/computed`, shape: map },
  ];
  graph.reshape(x, before);
  compute(before, after);
  graph.reshape(after, output);
}

/**
 * Each node of an integer program (docs/integer-arithmetic.md) as ONNX nodes in the QDQ form: activations lie in the file's graph
 * as uint8, 0 to 127 or 255, with the program's scales and zero points. What computes dequantizes its inputs, and its result is
 * quantized again, so that runtimes see the pattern that they replace by integer kernels; what only moves activations works on
 * the uint8 tensors themselves.
 */
import type { IntegerNode, IntegerOp, IntegerShape } from '@sld-edge/runtime/integer';
import { CHANNEL_AXIS, onnxNode, windowAttributes, type OnnxNode } from '../networks/operations/onnx-def.ts';
import type { OnnxTensor } from './onnx-protobuf.ts';

/** An earlier node of the program, as a later one reads it. */
export interface Int8Operand {
  /** Name of its uint8 tensor. */
  name: string;
  shape: IntegerShape;
  scale: number;
  zeroPoint: number;
}

/** Context of a node that is written into an ONNX file. */
export interface Int8Scope {
  /** The name that the node's value must have: a uint8 tensor, or of the node `logits` a float32 one. */
  name: string;
  inputs: Int8Operand[];
  /** Writes a tensor of the node; returns its name in the file. @param shape [] for a scalar */
  constant(key: string, data: OnnxTensor['data'], shape: number[]): string;
}

type Lowering<Op extends IntegerOp> = (node: Extract<IntegerNode, { op: Op }>, scope: Int8Scope) => OnnxNode[];

type Clamped = Extract<IntegerNode, { low: number }>;
type Weighted = Extract<IntegerNode, { weights: Int8Array }>;

const TO_THE_END = 2 ** 31 - 1;
/** The type's number in ONNX's TensorProto. */
const INT32 = 6;

const lowerings: { [Op in IntegerOp]: Lowering<Op> } = {
  input: (node, scope) => quantized(node, scope, 'input'),

  convolution(node, scope) {
    const [outputs, own] = [node.shape[2], scope.inputs[0].shape[2] / node.groups];
    const weights = dequantizedWeights(
      node,
      scope,
      channelsBeforeWindow(node.weights, outputs, own),
      [outputs, own, node.kernel, node.kernel],
      0,
    );
    return computed(node, scope, weights, (inputs, name) => [
      onnxNode('Conv', name, inputs, { ...windowAttributes(node), group: { int: node.groups } }),
    ]);
  },

  linear: (node, scope) => computed(node, scope, linearWeights(node, scope), (inputs, name) => [onnxNode('Gemm', name, inputs)]),

  /** Writes logits without quantizing them again: they are real numbers here. */
  logits(node, scope) {
    const weights = linearWeights(node, scope);
    const inputs = dequantized(scope);
    return [...inputs.nodes, ...weights.nodes, onnxNode('Gemm', scope.name, [...inputs.names, ...weights.names])];
  },

  add: (node, scope) => computed(node, scope, NOTHING, (inputs, name) => [onnxNode('Add', name, inputs)]),

  /** x ↦ factor·x + offset of real numbers, with the factors as the program has rounded them. */
  affine(node, scope) {
    const { scale, zeroPoint, shift, factor, offset, shape } = node;
    const [input] = scope.inputs;
    const unit = scale / 2 ** shift;
    const perChannel = shape.length === 3 ? [factor.length, 1, 1] : [factor.length];
    const factors = scope.constant(
      'factor',
      Float32Array.from(factor, (value) => (value * unit) / input.scale),
      perChannel,
    );
    const offsets = scope.constant(
      'offset',
      Float32Array.from(offset, (value, c) => (value + input.zeroPoint * factor[c]) * unit - scale * zeroPoint),
      perChannel,
    );
    return computed(node, scope, NOTHING, ([x], name) => [
      onnxNode('Mul', `${name}/scaled`, [x, factors]),
      onnxNode('Add', name, [`${name}/scaled`, offsets]),
    ]);
  },

  averagePool: (node, scope) =>
    computed(node, scope, NOTHING, (inputs, name) => [
      onnxNode('AveragePool', name, inputs, { ...windowAttributes(node), count_include_pad: { int: 1 } }),
    ]),

  globalAveragePool(node, scope) {
    const pooled = `${scope.name}/pooled`;
    return [
      ...computed(node, { ...scope, name: pooled }, NOTHING, (inputs, name) => [onnxNode('GlobalAveragePool', name, inputs)]),
      onnxNode('Flatten', scope.name, [pooled], { axis: { int: 1 } }),
    ];
  },

  /** Entries by the activation, which ONNX takes as an index only in 32 bits. */
  table: ({ table }, { name, inputs: [input], constant }) => [
    onnxNode('Cast', `${name}/index`, [input.name], { to: { int: INT32 } }),
    onnxNode('Gather', name, [constant('table', table, [table.length]), `${name}/index`]),
  ],

  multiply(node, scope) {
    const perChannel = scope.inputs[1].shape.length < scope.inputs[0].shape.length;
    return computed(node, scope, NOTHING, ([x, y], name) => {
      if (!perChannel) return [onnxNode('Mul', name, [x, y])];
      const axes = scope.constant('map_axes', BigInt64Array.of(2n, 3n), [2]);
      return [onnxNode('Unsqueeze', `${name}/map`, [y, axes]), onnxNode('Mul', name, [x, `${name}/map`])];
    });
  },

  maxPool: (node, { name, inputs: [input] }) => [onnxNode('MaxPool', name, [input.name], windowAttributes(node))],

  channelShuffle({ groups, shape: [height, width, channels] }, { name, inputs: [input], constant }) {
    const shape = (key: string, sizes: number[]): string => constant(key, BigInt64Array.from(sizes, BigInt), [sizes.length]);
    return [
      onnxNode('Reshape', `${name}/grouped`, [input.name, shape('grouped_shape', [-1, groups, channels / groups, height, width])]),
      onnxNode('Transpose', `${name}/exchanged`, [`${name}/grouped`], { perm: { ints: [0, 2, 1, 3, 4] } }),
      onnxNode('Reshape', name, [`${name}/exchanged`, shape('shape', [-1, channels, height, width])]),
    ];
  },

  channelSlice: ({ start, shape }, scope) => [
    sliced(scope, { axes: [CHANNEL_AXIS], starts: [start], ends: [start + shape[2]], steps: [1] }),
  ],

  concat: (_node, { name, inputs }) => [
    onnxNode(
      'Concat',
      name,
      inputs.map((input) => input.name),
      { axis: { int: CHANNEL_AXIS } },
    ),
  ],

  padChannels({ before, shape, zeroPoint }, { name, inputs: [input], constant }) {
    const after = shape[2] - before - input.shape[2];
    const pads = constant('pads', BigInt64Array.from([0, before, 0, 0, 0, after, 0, 0], BigInt), [8]);
    return [onnxNode('Pad', name, [input.name, pads, constant('zero_point', Uint8Array.of(zeroPoint), [])])];
  },

  subsample: ({ stride }, scope) => [
    sliced(scope, { axes: [2, 3], starts: [0, 0], ends: [TO_THE_END, TO_THE_END], steps: [stride, stride] }),
  ],
};

/** The nodes of one node of a program; the last one is named `scope.name`. */
export function int8Nodes(node: IntegerNode, scope: Int8Scope): OnnxNode[] {
  // A table can't tell TypeScript that a node's `op` leads to what takes it.
  return (lowerings[node.op] as Lowering<IntegerOp>)(node as never, scope);
}

interface Values {
  nodes: OnnxNode[];
  names: string[];
}

const NOTHING: Values = { nodes: [], names: [] };

/** Real inputs, a float operator of them and of `more`, and its result as activations again. */
function computed(node: Clamped, scope: Int8Scope, more: Values, operator: (inputs: string[], name: string) => OnnxNode[]): OnnxNode[] {
  const inputs = dequantized(scope);
  const real = `${scope.name}/real`;
  return [...inputs.nodes, ...more.nodes, ...operator([...inputs.names, ...more.names], real), ...quantized(node, scope, real)];
}

/** A DequantizeLinear for each input, which no other node shares: runtimes fuse it with what reads it. */
function dequantized({ name, inputs, constant }: Int8Scope): Values {
  const names = inputs.map((_, i) => `${name}/input${i}`);
  const nodes = inputs.map(({ name: from, scale, zeroPoint }, i) =>
    onnxNode('DequantizeLinear', names[i], [
      from,
      constant(`input${i}_scale`, Float32Array.of(scale), []),
      constant(`input${i}_zero_point`, Uint8Array.of(zeroPoint), []),
    ]),
  );
  return { nodes, names };
}

/** QuantizeLinear cuts off at 0 and 255, a Clip where activations end: after it, for before it, it would keep runtimes from fusing. */
function quantized({ scale, zeroPoint, low, high }: Clamped, { name, constant }: Int8Scope, from: string): OnnxNode[] {
  const operands = [from, constant('scale', Float32Array.of(scale), []), constant('zero_point', Uint8Array.of(zeroPoint), [])];
  return [
    onnxNode('QuantizeLinear', `${name}/unclipped`, operands),
    onnxNode('Clip', name, [`${name}/unclipped`, constant('low', Uint8Array.of(low), []), constant('high', Uint8Array.of(high), [])]),
  ];
}

/** A linear layer's weights as Gemm has them by default, `[inputs, outputs]`, so that its outputs are the last dimension. */
function linearWeights(node: Extract<IntegerNode, { op: 'linear' | 'logits' }>, scope: Int8Scope): Values {
  const outputs = node.bias.length;
  const inputs = node.weights.length / outputs;
  return dequantizedWeights(
    node,
    scope,
    node.weights.map((_, i) => node.weights[(i % outputs) * inputs + Math.floor(i / outputs)]),
    [inputs, outputs],
    1,
  );
}

/**
 * Weights and biases, int8 and int32 in the file, as real numbers. A weight's scale is what makes the program's multiplier of its
 * output; a bias of ONNX's is one of real numbers, without what the program has put in for the input's zero point.
 * @param weights in ONNX's order @param axis of the outputs
 */
function dequantizedWeights(
  node: Weighted,
  { name, inputs: [input], constant }: Int8Scope,
  weights: Int8Array,
  shape: number[],
  axis: number,
): Values {
  const outputs = node.bias.length;
  const size = node.weights.length / outputs;
  const inputScale = Math.fround(input.scale);
  const scales = Float32Array.from(node.bias, (_, o) => (node.scale * node.multiplier[o]) / 2 ** node.shift[o] / input.scale);
  const biases = node.bias.map(
    (bias, o) => bias + input.zeroPoint * node.weights.subarray(o * size, (o + 1) * size).reduce((sum, weight) => sum + weight, 0),
  );
  const weightScale = constant('weights_scale', scales, [outputs]);
  return {
    names: [`${name}/weights`, `${name}/bias`],
    nodes: [
      onnxNode(
        'DequantizeLinear',
        `${name}/weights`,
        [constant('weights_int8', weights, shape), weightScale, constant('weights_zero_point', new Int8Array(outputs), [outputs])],
        { axis: { int: axis } },
      ),
      onnxNode(
        'DequantizeLinear',
        `${name}/bias`,
        [
          constant('bias_int32', biases, [outputs]),
          constant(
            'bias_scale',
            scales.map((scale) => scale * inputScale),
            [outputs],
          ),
        ],
        { axis: { int: 0 } },
      ),
    ],
  };
}

/** `[outputs, kernel, kernel, own]` as `[outputs, own, kernel, kernel]`. */
function channelsBeforeWindow(weights: Int8Array, outputs: number, own: number): Int8Array {
  const area = weights.length / outputs / own;
  return weights.map((_, i) => {
    const [o, c, place] = [Math.floor(i / (own * area)), Math.floor(i / area) % own, i % area];
    return weights[(o * area + place) * own + c];
  });
}

function sliced(
  { name, inputs: [input], constant }: Int8Scope,
  { axes, starts, ends, steps }: Record<'axes' | 'starts' | 'ends' | 'steps', number[]>,
): OnnxNode {
  const list = (key: string, values: number[]): string => constant(key, BigInt64Array.from(values, BigInt), [values.length]);
  return onnxNode('Slice', name, [input.name, list('starts', starts), list('ends', ends), list('axes', axes), list('steps', steps)]);
}

/** A linear layer over the last dimension. State: weight [out, in], bias [out]; of a 1x1 convolution of a vector, weight [out, in, 1, 1]. */
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../../engines/engine.ts';
import { normalOf, uniformWithin } from '../initialisation.ts';
import { layouts, type Layout } from '../layout.ts';
import { applyActivation, takeActivation } from './activation.ts';
import { scaleOutputs } from './convolution.ts';
import { fusedOps, graphNode, INT32 } from './graph-def.ts';
import { integerBase, integerClamp, integerLogits, integerWeights, outputsFirst } from './integer-def.ts';
import { onnxNode, withOnnxActivation } from './onnx-def.ts';
import type { Activation, EntrySpec, NodeBase, Operation } from './operation.ts';

interface Attributes {
  name: string;
  outFeatures: number;
  /** Distribution of the initial weights and bias. */
  start: 'uniform' | 'normal' | 'zeroBias' | 'transformer';
  /** Separator between the name and `weight` or `bias`: a dot, except for parameters of the PyTorch module itself, as `in_proj_weight`. */
  separator?: '_';
  /** The weights are those of a 1x1 convolution, for a vector. */
  pointwise?: true;
  /** Absent: there is one. */
  bias?: false;
}

interface Frozen {
  constants: { weights: { shape: number[]; data: Float32Array; isWeight: true }; bias: { shape: number[]; data: Float32Array } };
  activation: Activation;
}

const inFeatures = ({ inputShapes }: NodeBase): number => inputShapes[0].at(-1)!;
const entryName = ({ name, separator = '.' }: { name: string; separator?: string }, entry: 'weight' | 'bias'): string =>
  `${name}${separator}${entry}`;

/** PyTorch's shape of the weights, and how they lie on an engine: [in, out]. */
function weightsOf(node: NodeBase & Attributes): { shape: number[]; layout: Layout } {
  const shape = [node.outFeatures, inFeatures(node)];
  return node.pointwise ? { shape: [...shape, 1, 1], layout: layouts.transposedPointwise } : { shape, layout: layouts.transposed };
}

export const linear: Operation<'linear', Attributes, Frozen> = {
  op: 'linear',

  shape: ([from], { outFeatures }) => [...from.slice(0, -1), outFeatures],

  parameters(node) {
    const { outFeatures, start } = node;
    const uniform = uniformWithin(1 / Math.sqrt(inFeatures(node)));
    // timm truncates the normal at ±2, a hundred deviations out.
    const weights = { uniform, zeroBias: uniform, normal: normalOf(0.01), transformer: normalOf(0.02) };
    const weight: EntrySpec = { name: entryName(node, 'weight'), ...weightsOf(node), trainable: true, initialise: weights[start] };
    if (node.bias === false) return [weight];
    return [
      weight,
      {
        name: entryName(node, 'bias'),
        shape: [outFeatures],
        trainable: true,
        layout: layouts.same,
        initialise: start === 'uniform' ? uniform : () => {},
      },
    ];
  },

  multiplyAdds: (node) => node.shape.reduce((product, size) => product * size, inFeatures(node)),

  forward(node, [x], { engine: { tf }, parameter }) {
    const bias = node.bias === false ? undefined : parameter(entryName(node, 'bias'));
    return product(tf, x, parameter(entryName(node, 'weight')), bias, [...node.shape]);
  },

  freeze(node, { value }) {
    const { outFeatures } = node;
    const own = weightsOf(node);
    const { data, shape } = own.layout.toDevice(value(entryName(node, 'weight')), own.shape);
    const bias = node.bias === false ? new Float32Array(outFeatures) : value(entryName(node, 'bias')).slice();
    return { constants: { weights: { data, shape, isWeight: true }, bias: { data: bias, shape: [outFeatures] } }, activation: 'none' };
  },

  frozen: {
    run: ({ shape, activation }, [x], { weights, bias }, tf) => applyActivation(tf, activation, product(tf, x, weights, bias, [...shape])),

    toGraphModel({ shape, constants, activation }, { name, inputs, constant, integers }) {
      const matMul = (from: string, to: string) =>
        graphNode('_FusedMatMul', to, [from, constant('weights'), constant('bias')], {
          transpose_a: { b: false },
          transpose_b: { b: false },
          ...fusedOps(activation),
        });
      if (shape.length === 1) return [matMul(inputs[0], name)];
      return [
        graphNode('Reshape', `${name}/rows`, [inputs[0], integers('rows_shape', [-1, constants.weights.shape[0]])], { Tshape: INT32 }),
        matMul(`${name}/rows`, `${name}/product`),
        graphNode('Reshape', name, [`${name}/product`, integers('shape', [-1, ...shape])], { Tshape: INT32 }),
      ];
    },

    toOnnx({ shape, activation, constants: { weights, bias } }, scope) {
      const { inputs, floats } = scope;
      const operands: [string, string] = [floats('weights', weights.data, weights.shape), floats('bias', bias.data, bias.shape)];
      return withOnnxActivation(scope, activation, (name) =>
        shape.length === 1
          ? [onnxNode('Gemm', name, [inputs[0], ...operands])]
          : [onnxNode('MatMul', `${name}/product`, [inputs[0], operands[0]]), onnxNode('Add', name, [`${name}/product`, operands[1]])],
      );
    },

    toInteger({ shape, activation, constants: { weights, bias } }, scope) {
      if (shape.length !== 1) throw new Error('a linear layer of a sequence has no integer form');
      const rows = outputsFirst(weights.data, bias.data.length);
      if (scope.isOutput && activation === 'none') return integerLogits(scope, shape, rows, bias.data);
      return {
        op: 'linear',
        ...integerBase(scope, shape),
        ...integerClamp(scope, activation),
        ...integerWeights(rows, bias.data, scope.inputs[0], scope.output.scale, scope.weightScales),
      };
    },

    unfreeze({ name, constants: { weights, bias } }) {
      const shape = [...weights.shape].reverse();
      return {
        attributes: { name, outFeatures: bias.data.length, start: 'uniform' } satisfies Attributes,
        entries: [
          [`${name}.weight`, { shape, data: layouts.transposed.fromDevice(weights.data, shape).slice() }],
          [`${name}.bias`, { shape: bias.shape, data: bias.data.slice() }],
        ],
      };
    },

    foldScale({ activation, constants: { weights, bias } }, scale, offset) {
      if (activation !== 'none') return false;
      scaleOutputs(weights.data, bias.data, scale, offset);
      return true;
    },
    fuseActivation: takeActivation,
  },
};

/** A sequence's rows pass as one matrix. */
function product(tf: Tfjs, x: Tensor, weights: Tensor, bias: Tensor | undefined, shape: number[]): Tensor {
  const rows = shape.length === 1 ? x : tf.reshape(x, [-1, weights.shape[0]]);
  const products = tf.matMul(rows as Tensor2D, weights as Tensor2D);
  const y = bias ? tf.add(products, bias) : products;
  return shape.length === 1 ? y : tf.reshape(y, [-1, ...shape]);
}

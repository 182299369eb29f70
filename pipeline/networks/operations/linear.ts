/** A linear layer over the last dimension. State: weight [out, in], bias [out]. */
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../../engines/engine.ts';
import { normalOf, uniformWithin } from '../initialisation.ts';
import { layouts } from '../layout.ts';
import { fusedOps, graphNode, INT32 } from './graph-def.ts';
import { integerBase, integerClamp, integerLogits, integerWeights, outputsFirst } from './integer-def.ts';
import { onnxNode } from './onnx-def.ts';
import type { NodeBase, Operation } from './operation.ts';

interface Attributes {
  name: string;
  outFeatures: number;
  /** Distribution of the initial weights and bias. */
  start: 'uniform' | 'normal' | 'zeroBias' | 'transformer';
  /** Separator between the name and `weight` or `bias`: a dot, except for parameters of the PyTorch module itself, as `in_proj_weight`. */
  separator?: '_';
}

interface Frozen {
  constants: { weights: { shape: number[]; data: Float32Array; isWeight: true }; bias: { shape: number[]; data: Float32Array } };
}

const inFeatures = ({ inputShapes }: NodeBase): number => inputShapes[0].at(-1)!;
const entryName = ({ name, separator = '.' }: { name: string; separator?: string }, entry: 'weight' | 'bias'): string =>
  `${name}${separator}${entry}`;

export const linear: Operation<'linear', Attributes, Frozen> = {
  op: 'linear',

  shape: ([from], { outFeatures }) => [...from.slice(0, -1), outFeatures],

  parameters(node) {
    const { outFeatures, start } = node;
    const uniform = uniformWithin(1 / Math.sqrt(inFeatures(node)));
    // timm truncates the normal at ±2, a hundred deviations out.
    const weights = { uniform, zeroBias: uniform, normal: normalOf(0.01), transformer: normalOf(0.02) };
    return [
      {
        name: entryName(node, 'weight'),
        shape: [outFeatures, inFeatures(node)],
        trainable: true,
        layout: layouts.transposed,
        initialise: weights[start],
      },
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

  forward: (node, [x], { engine: { tf }, parameter }) =>
    product(tf, x, parameter(entryName(node, 'weight')), parameter(entryName(node, 'bias')), [...node.shape]),

  freeze(node, { value }) {
    const { outFeatures } = node;
    const { data, shape } = layouts.transposed.toDevice(value(entryName(node, 'weight')), [outFeatures, inFeatures(node)]);
    return {
      constants: { weights: { data, shape, isWeight: true }, bias: { data: value(entryName(node, 'bias')).slice(), shape: [outFeatures] } },
    };
  },

  frozen: {
    run: ({ shape }, [x], { weights, bias }, tf) => product(tf, x, weights, bias, [...shape]),

    toGraphModel({ shape, constants }, { name, inputs, constant, integers }) {
      const matMul = (from: string, to: string) =>
        graphNode('_FusedMatMul', to, [from, constant('weights'), constant('bias')], {
          transpose_a: { b: false },
          transpose_b: { b: false },
          ...fusedOps('none'),
        });
      if (shape.length === 1) return [matMul(inputs[0], name)];
      return [
        graphNode('Reshape', `${name}/rows`, [inputs[0], integers('rows_shape', [-1, constants.weights.shape[0]])], { Tshape: INT32 }),
        matMul(`${name}/rows`, `${name}/product`),
        graphNode('Reshape', name, [`${name}/product`, integers('shape', [-1, ...shape])], { Tshape: INT32 }),
      ];
    },

    toOnnx({ shape, constants: { weights, bias } }, { name, inputs, floats }) {
      const operands: [string, string] = [floats('weights', weights.data, weights.shape), floats('bias', bias.data, bias.shape)];
      if (shape.length === 1) return [onnxNode('Gemm', name, [inputs[0], ...operands])];
      return [onnxNode('MatMul', `${name}/product`, [inputs[0], operands[0]]), onnxNode('Add', name, [`${name}/product`, operands[1]])];
    },

    toInteger({ shape, constants: { weights, bias } }, scope) {
      if (shape.length !== 1) throw new Error('a linear layer of a sequence has no integer form');
      const rows = outputsFirst(weights.data, bias.data.length);
      if (scope.isOutput) return integerLogits(scope, shape, rows, bias.data);
      return {
        op: 'linear',
        ...integerBase(scope, shape),
        ...integerClamp(scope.output, 'none'),
        ...integerWeights(rows, bias.data, scope.inputs[0], scope.output.scale),
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
  },
};

/** A sequence's rows pass as one matrix. */
function product(tf: Tfjs, x: Tensor, weights: Tensor, bias: Tensor, shape: number[]): Tensor {
  const rows = shape.length === 1 ? x : tf.reshape(x, [-1, weights.shape[0]]);
  const y = tf.add(tf.matMul(rows as Tensor2D, weights as Tensor2D), bias);
  return shape.length === 1 ? y : tf.reshape(y, [-1, ...shape]);
}

/** A linear layer over the last dimension. State: weight [out, in], bias [out]. */
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../../engines/engine.ts';
import { normalOf, uniformWithin } from '../initialisation.ts';
import { layouts } from '../layout.ts';
import { fusedOps, graphNode, INT32 } from './graph-def.ts';
import type { NodeBase, Operation } from './operation.ts';

interface Attributes {
  name: string;
  outFeatures: number;
  /** How weights and bias start. */
  start: 'uniform' | 'normal' | 'zeroBias';
}

interface Frozen {
  constants: { weights: { shape: number[]; data: Float32Array; isWeight: true }; bias: { shape: number[]; data: Float32Array } };
}

const inFeatures = ({ inputShapes }: NodeBase): number => inputShapes[0].at(-1)!;

export const linear: Operation<'linear', Attributes, Frozen> = {
  op: 'linear',

  shape: ([from], { outFeatures }) => [...from.slice(0, -1), outFeatures],

  parameters(node) {
    const { name, outFeatures, start } = node;
    const uniform = uniformWithin(1 / Math.sqrt(inFeatures(node)));
    return [
      { name: `${name}.weight`, shape: [outFeatures, inFeatures(node)], trainable: true, layout: layouts.transposed, initialise: start === 'normal' ? normalOf(0.01) : uniform },
      { name: `${name}.bias`, shape: [outFeatures], trainable: true, layout: layouts.same, initialise: start === 'uniform' ? uniform : () => {} },
    ];
  },

  multiplyAdds: (node) => node.shape.reduce((product, size) => product * size, inFeatures(node)),

  forward: ({ name, shape }, [x], { engine: { tf }, parameter }) => product(tf, x, parameter(`${name}.weight`), parameter(`${name}.bias`), [...shape]),

  freeze(node, { value }) {
    const { name, outFeatures } = node;
    const { data, shape } = layouts.transposed.toDevice(value(`${name}.weight`), [outFeatures, inFeatures(node)]);
    return { constants: { weights: { data, shape, isWeight: true }, bias: { data: value(`${name}.bias`).slice(), shape: [outFeatures] } } };
  },

  frozen: {
    run: ({ shape }, [x], { weights, bias }, tf) => product(tf, x, weights, bias, [...shape]),

    toGraphModel({ shape, constants }, { name, inputs, constant, integers }) {
      const matMul = (from: string, to: string) => graphNode('_FusedMatMul', to, [from, constant('weights'), constant('bias')], { transpose_a: { b: false }, transpose_b: { b: false }, ...fusedOps('none') });
      if (shape.length === 1) return [matMul(inputs[0], name)];
      return [
        graphNode('Reshape', `${name}/rows`, [inputs[0], integers('rows_shape', [-1, constants.weights.shape[0]])], { Tshape: INT32 }),
        matMul(`${name}/rows`, `${name}/product`),
        graphNode('Reshape', name, [`${name}/product`, integers('shape', [-1, ...shape])], { Tshape: INT32 }),
      ];
    },
  },
};

/** A sequence's rows pass as one matrix. */
function product(tf: Tfjs, x: Tensor, weights: Tensor, bias: Tensor, shape: number[]): Tensor {
  const rows = shape.length === 1 ? x : tf.reshape(x, [-1, weights.shape[0]]);
  const y = tf.add(tf.matMul(rows as Tensor2D, weights as Tensor2D), bias);
  return shape.length === 1 ? y : tf.reshape(y, [-1, ...shape]);
}

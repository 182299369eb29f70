/** A map times a vector of its channels: what squeeze and excitation ends with (Hu et al. 2017, arXiv 1709.01507). */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../../engines/engine.ts';
import { fixedPoint } from './fixed-point.ts';
import { graphNode, INT32 } from './graph-def.ts';
import { integerBase, integerClamp } from './integer-def.ts';
import { onnxNode } from './onnx-def.ts';
import type { Operation } from './operation.ts';

export const multiply: Operation<'multiply', object> = {
  op: 'multiply',
  shape([map, vector]) {
    if (map.length !== 3 || vector.length !== 1 || map[2] !== vector[0])
      throw new Error(`cannot multiply activations of shapes [${map}] and [${vector}]: expected a map and a vector of its channels`);
    return map;
  },
  forward: (_node, [map, vector], { engine }) => product(engine.tf, map, vector),
  freeze: () => ({}),
  frozen: {
    run: (_node, [map, vector], _constants, tf) => product(tf, map, vector),
    toGraphModel: ({ shape }, { name, inputs: [map, vector], integers }) => [
      graphNode('Reshape', `${name}/vector`, [vector, integers('vector_shape', [-1, 1, 1, shape[2]])], { Tshape: INT32 }),
      graphNode('Mul', name, [map, `${name}/vector`]),
    ],
    toOnnx: (_node, { name, inputs: [map, vector], integers }) => [
      onnxNode('Unsqueeze', `${name}/vector`, [vector, integers('map_axes', [2, 3])]),
      onnxNode('Mul', name, [map, `${name}/vector`]),
    ],
    toInteger({ shape }, scope) {
      const { inputs, output } = scope;
      return {
        op: 'multiply',
        ...integerBase(scope, shape),
        ...integerClamp(scope, 'none'),
        zeroPoints: inputs.map(({ zeroPoint }) => zeroPoint),
        ...fixedPoint((inputs[0].scale * inputs[1].scale) / output.scale),
      };
    },
  },
};

const product = (tf: Tfjs, map: Tensor, vector: Tensor): Tensor => tf.mul(map, tf.reshape(vector, [-1, 1, 1, vector.shape[1]!]));

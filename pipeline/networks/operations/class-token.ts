/**
 * A feature map of patches as a sequence: [H, W, D] to [1 + H·W, D], a learnt class token in front, a learnt embedding of each
 * position added (Dosovitskiy et al. 2020, arXiv 2010.11929). State: the token [1, 1, D], the positions [1, 1 + H·W, D].
 */
import type { Tensor, Tensor3D } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../../engines/engine.ts';
import { normalOf } from '../initialisation.ts';
import { layouts } from '../layout.ts';
import { graphNode, INT32 } from './graph-def.ts';
import { onnxNode } from './onnx-def.ts';
import type { Operation } from './operation.ts';

interface Attributes {
  /** Names of the state's entries. */
  token: string;
  positions: string;
}

interface Frozen {
  /** The positions, with the token added to the first: what is added to a sequence that starts with zeros. */
  constants: { embedding: { shape: number[]; data: Float32Array } };
}

export const classToken: Operation<'classToken', Attributes, Frozen> = {
  op: 'classToken',

  shape: ([[height, width, features]]) => [1 + height * width, features],

  parameters: ({ token, positions, shape }) => [
    { name: token, shape: [1, 1, shape[1]], trainable: true, layout: layouts.same, initialise: normalOf(1e-6) },
    { name: positions, shape: [1, ...shape], trainable: true, layout: layouts.same, initialise: normalOf(0.02) },
  ],

  forward({ token, positions, shape }, [x], { engine: { tf }, parameter }) {
    const first = tf.pad(parameter<Tensor3D>(token), [
      [0, 0],
      [0, shape[0] - 1],
      [0, 0],
    ]);
    return tf.add(afterZeros(tf, x, shape[1]), tf.add(parameter(positions), first));
  },

  freeze({ token, positions, shape }, { value }) {
    const data = value(positions).slice();
    value(token).forEach((number, i) => {
      data[i] += number;
    });
    return { constants: { embedding: { data, shape: [...shape] } } };
  },

  frozen: {
    noInteger: 'makes sequences, whose layers have no integer form',
    run: ({ shape }, [x], { embedding }, tf) => tf.add(afterZeros(tf, x, shape[1]), embedding),
    toGraphModel: ({ shape }, { name, inputs, constant, integers, scalar }) => [
      graphNode('Reshape', `${name}/patches`, [inputs[0], integers('patches_shape', [-1, shape[0] - 1, shape[1]])], { Tshape: INT32 }),
      graphNode('PadV2', `${name}/sequence`, [`${name}/patches`, integers('paddings', [0, 0, 1, 0, 0, 0], [3, 2]), scalar('zero', 0)], {
        Tpaddings: INT32,
      }),
      graphNode('AddV2', name, [`${name}/sequence`, constant('embedding')]),
    ],
    toOnnx: ({ shape: [tokens, features], constants: { embedding } }, { name, inputs, integers, floats }) => [
      onnxNode('Reshape', `${name}/flat`, [inputs[0], integers('flat_shape', [-1, features, tokens - 1])]),
      onnxNode('Transpose', `${name}/patches`, [`${name}/flat`], { perm: { ints: [0, 2, 1] } }),
      onnxNode('Pad', `${name}/sequence`, [`${name}/patches`, integers('pads', [0, 1, 0, 0, 0, 0])]),
      onnxNode('Add', name, [`${name}/sequence`, floats('embedding', embedding.data, embedding.shape)]),
    ],
  },
};

/** The patches row by row, after a token of zeros. */
function afterZeros(tf: Tfjs, x: Tensor, features: number): Tensor3D {
  const patches = tf.reshape(x, [x.shape[0], -1, features]) as Tensor3D;
  return tf.pad(patches, [
    [0, 0],
    [1, 0],
    [0, 0],
  ]);
}

/**
 * A feature map of patches as a sequence: [H, W, D] to [T + H·W, D], T learnt tokens in front, a learnt embedding of each position added. T is 1
 * with a class token alone (Dosovitskiy et al. 2020, arXiv 2010.11929), 2 with a distillation token behind it (Touvron et al. 2021, arXiv
 * 2012.12877). State: the tokens [1, 1, D], the positions [1, T + H·W, D].
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
  distillationToken?: string;
  positions: string;
}

const tokensOf = ({ token, distillationToken }: Attributes): string[] => [token, ...(distillationToken ? [distillationToken] : [])];

interface Frozen {
  /** Number of tokens in front. */
  tokens: number;
  /** The positions, with the tokens added to the first: what is added to a sequence that starts with zeros. */
  constants: { embedding: { shape: number[]; data: Float32Array } };
}

export const classToken: Operation<'classToken', Attributes, Frozen> = {
  op: 'classToken',

  shape: ([[height, width, features]], attributes) => [tokensOf(attributes).length + height * width, features],

  parameters: ({ token, distillationToken, positions, shape }) => [
    { name: token, shape: [1, 1, shape[1]], trainable: true, layout: layouts.same, initialise: normalOf(1e-6) },
    { name: positions, shape: [1, ...shape], trainable: true, layout: layouts.same, initialise: normalOf(0.02) },
    ...(distillationToken
      ? [{ name: distillationToken, shape: [1, 1, shape[1]], trainable: true, layout: layouts.same, initialise: normalOf(0.02) }]
      : []),
  ],

  forward(node, [x], { engine: { tf }, parameter }) {
    const { positions, shape } = node;
    const tokens = tokensOf(node);
    const placed = tokens.map((token, i) =>
      tf.pad(parameter<Tensor3D>(token), [
        [0, 0],
        [i, shape[0] - 1 - i],
        [0, 0],
      ]),
    );
    const embedding = placed.reduce((sum, one) => tf.add(sum, one), parameter<Tensor3D>(positions));
    return tf.add(afterZeros(tf, x, shape[1], tokens.length), embedding);
  },

  freeze(node, { value }) {
    const { positions, shape } = node;
    const data = value(positions).slice();
    const tokens = tokensOf(node);
    tokens.forEach((token, row) =>
      value(token).forEach((number, i) => {
        data[row * shape[1] + i] += number;
      }),
    );
    return { tokens: tokens.length, constants: { embedding: { data, shape: [...shape] } } };
  },

  frozen: {
    noInteger: 'makes sequences, whose layers have no integer form',
    run: ({ shape, tokens }, [x], { embedding }, tf) => tf.add(afterZeros(tf, x, shape[1], tokens), embedding),
    toGraphModel: ({ shape, tokens }, { name, inputs, constant, integers, scalar }) => [
      graphNode('Reshape', `${name}/patches`, [inputs[0], integers('patches_shape', [-1, shape[0] - tokens, shape[1]])], { Tshape: INT32 }),
      graphNode(
        'PadV2',
        `${name}/sequence`,
        [`${name}/patches`, integers('paddings', [0, 0, tokens, 0, 0, 0], [3, 2]), scalar('zero', 0)],
        { Tpaddings: INT32 },
      ),
      graphNode('AddV2', name, [`${name}/sequence`, constant('embedding')]),
    ],
    toOnnx: ({ shape: [length, features], tokens, constants: { embedding } }, { name, inputs, integers, floats }) => [
      onnxNode('Reshape', `${name}/flat`, [inputs[0], integers('flat_shape', [-1, features, length - tokens])]),
      onnxNode('Transpose', `${name}/patches`, [`${name}/flat`], { perm: { ints: [0, 2, 1] } }),
      onnxNode('Pad', `${name}/sequence`, [`${name}/patches`, integers('pads', [0, tokens, 0, 0, 0, 0])]),
      onnxNode('Add', name, [`${name}/sequence`, floats('embedding', embedding.data, embedding.shape)]),
    ],
  },
};

/** The patches row by row, after tokens of zeros. */
function afterZeros(tf: Tfjs, x: Tensor, features: number, tokens: number): Tensor3D {
  const patches = tf.reshape(x, [x.shape[0], -1, features]) as Tensor3D;
  return tf.pad(patches, [
    [0, 0],
    [tokens, 0],
    [0, 0],
  ]);
}

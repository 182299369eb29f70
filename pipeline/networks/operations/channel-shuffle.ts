/** Channel shuffle (Zhang et al. 2017, arXiv 1707.01083): channel g·n + i of `groups` groups of n moves to i·groups + g. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../../engines/engine.ts';
import { graphNode, INT32 } from './graph-def.ts';
import { integerBase } from './integer-def.ts';
import { onnxNode } from './onnx-def.ts';
import type { Operation } from './operation.ts';

interface Attributes {
  groups: number;
}

export const channelShuffle: Operation<'channelShuffle', Attributes, Attributes> = {
  op: 'channelShuffle',
  shape([from], { groups }) {
    if (from[2] % groups !== 0) throw new Error(`${from[2]} channels do not make ${groups} equal groups`);
    return from;
  },
  forward: ({ groups, shape }, [x], { engine }) => shuffled(engine.tf, x, groups, [...shape]),
  freeze: ({ groups }) => ({ groups }),
  frozen: {
    run: ({ groups, shape }, [x], _constants, tf) => shuffled(tf, x, groups, [...shape]),
    toGraphModel: ({ groups, shape }, { name, inputs, integers }) => [
      graphNode('Reshape', `${name}/grouped`, [inputs[0], integers('grouped_shape', [-1, groups, shape[2] / groups])], { Tshape: INT32 }),
      graphNode('Transpose', `${name}/exchanged`, [`${name}/grouped`, integers('order', [0, 2, 1])], { Tperm: INT32 }),
      graphNode('Reshape', name, [`${name}/exchanged`, integers('shape', [-1, ...shape])], { Tshape: INT32 }),
    ],
    toOnnx: ({ groups, shape: [height, width, channels] }, { name, inputs, integers }) => [
      onnxNode('Reshape', `${name}/grouped`, [inputs[0], integers('grouped_shape', [-1, groups, channels / groups, height, width])]),
      onnxNode('Transpose', `${name}/exchanged`, [`${name}/grouped`], { perm: { ints: [0, 2, 1, 3, 4] } }),
      onnxNode('Reshape', name, [`${name}/exchanged`, integers('shape', [-1, channels, height, width])]),
    ],
    toInteger: ({ groups, shape }, scope) => ({ op: 'channelShuffle', ...integerBase(scope, shape), groups }),
    keepsScale: true,
  },
};

function shuffled(tf: Tfjs, x: Tensor, groups: number, shape: number[]): Tensor {
  const pixels = tf.reshape(x, [-1, groups, shape[2] / groups]);
  return tf.reshape(tf.transpose(pixels, [0, 2, 1]), [-1, ...shape]);
}

/** One token of a sequence: [T, D] to [D]. The first is the class token. */
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../../engines/engine.ts';
import { graphNode, INT32 } from './graph-def.ts';
import { onnxNode } from './onnx-def.ts';
import type { Operation } from './operation.ts';

interface Attributes {
  index: number;
}

export const takeToken: Operation<'takeToken', Attributes, Attributes> = {
  op: 'takeToken',
  shape([[tokens, features]], { index }) {
    if (index < 0 || index >= tokens) throw new Error(`a sequence of ${tokens} tokens has no token ${index}`);
    return [features];
  },
  forward: ({ index }, [x], { engine: { tf } }) => take(tf, x, index),
  freeze: ({ index }) => ({ index }),
  frozen: {
    noInteger: 'reads sequences, whose layers have no integer form',
    run: ({ index }, [x], _constants, tf) => take(tf, x, index),
    toGraphModel: ({ index, shape }, { name, inputs, integers }) => [
      graphNode('Slice', `${name}/token`, [inputs[0], integers('begin', [0, index, 0]), integers('size', [-1, 1, -1])], { Index: INT32 }),
      graphNode('Reshape', name, [`${name}/token`, integers('shape', [-1, ...shape])], { Tshape: INT32 }),
    ],
    toOnnx: ({ index }, { name, inputs, integers }) => [
      onnxNode('Gather', name, [inputs[0], integers('index', [index], [])], { axis: { int: 1 } }),
    ],
  },
};

const take = (tf: Tfjs, x: Tensor, index: number): Tensor2D => tf.reshape(tf.slice(x, [0, index, 0], [-1, 1, -1]), [-1, x.shape[2]!]);

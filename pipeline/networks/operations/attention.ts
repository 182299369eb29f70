/**
 * Multi-head self-attention between its two projections: [T, 3·D] (each token's query, key and value, the heads one behind
 * the other, as PyTorch's fused projections lay them out) to [T, D]. The projections are linear layers of their own.
 */
import type { Tensor3D } from '@tensorflow/tfjs-core';
import { joinHeads, splitHeads } from '../../engines/transformer-ops.ts';
import { graphNode, INT32 } from './graph-def.ts';
import { onnxNode } from './onnx-def.ts';
import type { Operation } from './operation.ts';

interface Attributes {
  heads: number;
}

export const attention: Operation<'attention', Attributes, Attributes> = {
  op: 'attention',

  shape([[tokens, threefold]], { heads }) {
    if (threefold % (3 * heads) !== 0)
      throw new Error(`queries, keys and values of ${threefold} features do not divide into ${heads} heads`);
    return [tokens, threefold / 3];
  },

  /** Queries by keys, and the weights by values. */
  multiplyAdds: ({ shape: [tokens, width] }) => 2 * tokens ** 2 * width,

  forward: ({ heads }, [x], { engine }) => engine.ops.attention(x as Tensor3D, heads),

  freeze: ({ heads }) => ({ heads }),

  frozen: {
    noInteger: 'needs a softmax, whose exponentials integers do not give exactly',
    run({ heads }, [x], _constants, tf) {
      const { queries, keys, values } = splitHeads(tf, x, heads);
      return joinHeads(tf, tf.matMul(tf.softmax(tf.matMul(queries, keys, false, true)), values));
    },

    toGraphModel({ heads, shape: [tokens, width] }, { name, inputs, integers, scalar }) {
      const size = width / heads;
      const reshape = (from: string, to: string, key: string, sizes: number[]) =>
        graphNode('Reshape', to, [from, integers(key, sizes)], { Tshape: INT32 });
      const transpose = (from: string, to: string, key: string, order: number[]) =>
        graphNode('Transpose', to, [from, integers(key, order)], { Tperm: INT32 });
      const matMul = (a: string, b: string, to: string, adjoint: boolean) =>
        graphNode('BatchMatMulV2', to, [a, b], { adj_x: { b: false }, adj_y: { b: adjoint } });
      return [
        reshape(inputs[0], `${name}/parts`, 'parts_shape', [-1, tokens, 3, heads, size]),
        transpose(`${name}/parts`, `${name}/apart`, 'apart_order', [2, 0, 3, 1, 4]),
        graphNode('Unpack', `${name}/split`, [`${name}/apart`], { num: { i: '3' }, axis: { i: '0' } }),
        graphNode('Mul', `${name}/queries`, [`${name}/split`, scalar('scale', 1 / Math.sqrt(size))]),
        matMul(`${name}/queries`, `${name}/split:1`, `${name}/scores`, true),
        graphNode('Softmax', `${name}/weights`, [`${name}/scores`]),
        matMul(`${name}/weights`, `${name}/split:2`, `${name}/heads`, false),
        transpose(`${name}/heads`, `${name}/joined`, 'joined_order', [0, 2, 1, 3]),
        reshape(`${name}/joined`, name, 'shape', [-1, tokens, width]),
      ];
    },

    toOnnx({ heads, shape: [tokens, width] }, { name, inputs, integers, floats }) {
      const size = width / heads;
      const transpose = (from: string, to: string, order: number[]) => onnxNode('Transpose', to, [from], { perm: { ints: order } });
      const part = (index: number, to: string) =>
        onnxNode('Gather', to, [`${name}/apart`, integers(`part${index}`, [index], [])], { axis: { int: 0 } });
      return [
        onnxNode('Reshape', `${name}/parts`, [inputs[0], integers('parts_shape', [-1, tokens, 3, heads, size])]),
        transpose(`${name}/parts`, `${name}/apart`, [2, 0, 3, 1, 4]),
        part(0, `${name}/queries`),
        part(1, `${name}/keys`),
        part(2, `${name}/values`),
        onnxNode('Mul', `${name}/scaled`, [`${name}/queries`, floats('scale', Float32Array.of(1 / Math.sqrt(size)), [])]),
        transpose(`${name}/keys`, `${name}/keys_transposed`, [0, 1, 3, 2]),
        onnxNode('MatMul', `${name}/scores`, [`${name}/scaled`, `${name}/keys_transposed`]),
        onnxNode('Softmax', `${name}/weights`, [`${name}/scores`], { axis: { int: -1 } }),
        onnxNode('MatMul', `${name}/heads`, [`${name}/weights`, `${name}/values`]),
        transpose(`${name}/heads`, `${name}/joined`, [0, 2, 1, 3]),
        onnxNode('Reshape', name, [`${name}/joined`, integers('shape', [-1, tokens, width])]),
      ];
    },
  },
};

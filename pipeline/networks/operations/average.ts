/** The mean of two activations of the same shape, as of the two heads of a distilled DeiT (Touvron et al. 2021, arXiv 2012.12877). */
import { graphNode } from './graph-def.ts';
import { onnxNode } from './onnx-def.ts';
import type { Operation } from './operation.ts';

export const average: Operation<'average', object, object> = {
  op: 'average',
  shape([a, b]) {
    if (String(a) !== String(b)) throw new Error(`cannot average activations of shapes [${a}] and [${b}]`);
    return a;
  },
  forward: (_node, [a, b], { engine: { tf } }) => tf.mul(0.5, tf.add(a, b)),
  freeze: () => ({}),
  frozen: {
    noInteger: 'is of sequences alone, whose layers have no integer form',
    run: (_node, [a, b], _constants, tf) => tf.mul(0.5, tf.add(a, b)),
    toGraphModel: (_node, { name, inputs, scalar }) => [
      graphNode('AddV2', `${name}/sum`, inputs),
      graphNode('Mul', name, [`${name}/sum`, scalar('half', 0.5)]),
    ],
    toOnnx: (_node, { name, inputs, floats }) => [
      onnxNode('Add', `${name}/sum`, inputs),
      onnxNode('Mul', name, [`${name}/sum`, floats('half', Float32Array.of(0.5), [])]),
    ],
  },
};

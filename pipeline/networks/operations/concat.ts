/** Feature maps one behind the other, along their channels. */
import { graphNode, INT32 } from './graph-def.ts';
import { integerBase } from './integer-def.ts';
import { CHANNEL_AXIS, onnxNode } from './onnx-def.ts';
import type { Operation } from './operation.ts';

export const concat: Operation<'concat', object> = {
  op: 'concat',
  shape(inputs) {
    const [[height, width]] = inputs;
    if (inputs.some((shape) => shape[0] !== height || shape[1] !== width))
      throw new Error(`cannot concatenate feature maps of shapes ${inputs.map((shape) => `[${shape}]`).join(' and ')}`);
    return [height, width, inputs.reduce((sum, shape) => sum + shape[2], 0)];
  },
  forward: (_node, inputs, { engine }) => engine.tf.concat(inputs, 3),
  freeze: () => ({}),
  frozen: {
    run: (_node, inputs, _constants, tf) => tf.concat(inputs, 3),
    toGraphModel: (_node, { name, inputs, integers }) => [
      graphNode('ConcatV2', name, [...inputs, integers('axis', [3], [])], { N: { i: String(inputs.length) }, Tidx: INT32 }),
    ],
    toOnnx: (_node, { name, inputs }) => [onnxNode('Concat', name, inputs, { axis: { int: CHANNEL_AXIS } })],
    toInteger: ({ shape }, scope) => ({ op: 'concat', ...integerBase(scope, shape) }),
    keepsScale: true,
  },
};

/** The mean over windows; padding counts as zeros (PyTorch's `count_include_pad`). */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../../engines/engine.ts';
import { explicitPadding, sidesOf } from '../../engines/padding.ts';
import { integerBase, integerClamp, integerMean } from './integer-def.ts';
import { onnxNode, windowAttributes } from './onnx-def.ts';
import type { Operation } from './operation.ts';
import { poolNodes, windowedShape, type Window } from './windows.ts';

export const averagePool: Operation<'averagePool', Window, Window> = {
  op: 'averagePool',
  shape: ([from], window) => windowedShape(from, window, from[2]),
  forward: (node, [x], { engine }) => pooled(engine.tf, x, node),
  freeze: ({ kernel, stride, padding }) => ({ kernel, stride, padding }),
  frozen: {
    run: (node, [x], _constants, tf) => pooled(tf, x, node),
    toGraphModel: (node, scope) => poolNodes('AvgPool', node, scope, (paddings) => ({ op: 'Pad', inputs: [paddings] })),
    toOnnx: (node, { name, inputs }) => [
      onnxNode('AveragePool', name, inputs, { ...windowAttributes(node), count_include_pad: { int: 1 } }),
    ],
    toInteger: ({ shape, kernel, stride, padding }, scope) => ({
      op: 'averagePool',
      ...integerBase(scope, shape),
      ...integerClamp(scope, 'none'),
      ...integerMean(scope, kernel ** 2),
      kernel,
      stride,
      padding: sidesOf(padding),
      paddingValue: scope.inputs[0].zeroPoint,
    }),
  },
};

function pooled(tf: Tfjs, x: Tensor, { kernel, stride, padding }: Window): Tensor {
  const padded = padding === 0 ? x : tf.pad(x as Tensor4D, explicitPadding(padding));
  return tf.avgPool(padded as Tensor4D, kernel, stride, 'valid');
}

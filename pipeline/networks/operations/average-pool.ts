/** The mean over windows; padding counts as zeros (PyTorch's `count_include_pad`). */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../../engines/engine.ts';
import { explicitPadding, sidesOf } from '../../engines/padding.ts';
import { base64, graphNode, INT32, integerList, NHWC } from './graph-def.ts';
import { integerBase, integerClamp, integerMean } from './integer-def.ts';
import { onnxNode, windowAttributes } from './onnx-def.ts';
import type { Operation } from './operation.ts';
import { windowedShape, type Window } from './windows.ts';

export const averagePool: Operation<'averagePool', Window, Window> = {
  op: 'averagePool',
  shape: ([from], window) => windowedShape(from, window, from[2]),
  forward: (node, [x], { engine }) => pooled(engine.tf, x, node),
  freeze: ({ kernel, stride, padding }) => ({ kernel, stride, padding }),
  frozen: {
    run: (node, [x], _constants, tf) => pooled(tf, x, node),
    toGraphModel({ kernel, stride, padding }, { name, inputs, integers }) {
      const pool = (from: string) =>
        graphNode('AvgPool', name, [from], {
          ksize: integerList([1, kernel, kernel, 1]),
          strides: integerList([1, stride, stride, 1]),
          padding: base64('VALID'),
          data_format: NHWC,
        });
      if (padding === 0) return [pool(inputs[0])];
      const paddings = integers('paddings', explicitPadding(padding).flat(), [4, 2]);
      return [graphNode('Pad', `${name}/padded`, [inputs[0], paddings], { Tpaddings: INT32 }), pool(`${name}/padded`)];
    },
    toOnnx: (node, { name, inputs }) => [
      onnxNode('AveragePool', name, inputs, { ...windowAttributes(node), count_include_pad: { int: 1 } }),
    ],
    toInteger: ({ shape, kernel, stride, padding }, scope) => ({
      op: 'averagePool',
      ...integerBase(scope, shape),
      ...integerClamp(scope.output, 'none'),
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

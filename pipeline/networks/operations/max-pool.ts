/** Maximum over windows; what the padding holds is never the maximum, as in PyTorch. */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../../engines/engine.ts';
import { explicitPadding, sidesOf, type Padding } from '../../engines/padding.ts';
import { integerBase } from './integer-def.ts';
import { onnxNode, windowAttributes } from './onnx-def.ts';
import type { Operation } from './operation.ts';
import { poolNodes, windowedShape, type Window } from './windows.ts';

/** The least float32: -∞ for a maximum, and no NaN wherever it is multiplied by 0. */
const LEAST = -3.4028234663852886e38;

export const maxPool: Operation<'maxPool', Window, Window> = {
  op: 'maxPool',
  shape: ([from], window) => windowedShape(from, window, from[2]),
  forward: ({ kernel, stride, padding }, [x], { engine: { tf } }) => tf.maxPool(padded(tf, x, padding), kernel, stride, 'valid'),
  freeze: ({ kernel, stride, padding }) => ({ kernel, stride, padding }),
  frozen: {
    run: ({ kernel, stride, padding }, [x], _constants, tf) => tf.maxPool(padded(tf, x, padding), kernel, stride, 'valid'),
    toGraphModel: (node, scope) =>
      poolNodes('MaxPool', node, scope, (paddings) => ({ op: 'PadV2', inputs: [paddings, scope.scalar('least', LEAST)] })),
    toOnnx: (node, { name, inputs }) => [onnxNode('MaxPool', name, inputs, windowAttributes(node))],
    toInteger: ({ shape, kernel, stride, padding }, scope) => ({
      op: 'maxPool',
      ...integerBase(scope, shape),
      kernel,
      stride,
      padding: sidesOf(padding),
    }),
    keepsScale: true,
  },
};

const padded = (tf: Tfjs, x: Tensor, padding: Padding): Tensor4D =>
  padding === 0 ? (x as Tensor4D) : tf.pad(x as Tensor4D, explicitPadding(padding), LEAST);

/** Every `stride`-th row and column, from the first on. */
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../../engines/engine.ts';
import { graphNode, INT32 } from './graph-def.ts';
import { integerBase } from './integer-def.ts';
import { onnxNode } from './onnx-def.ts';
import type { Operation } from './operation.ts';

const TO_THE_END = 2 ** 31 - 1;

interface Attributes {
  stride: number;
}

export const subsample: Operation<'subsample', Attributes, Attributes> = {
  op: 'subsample',
  shape: ([[height, width, channels]], { stride }) => [Math.ceil(height / stride), Math.ceil(width / stride), channels],
  /** tfjs knows no gradient of a strided slice, but those of reshapes and slices. */
  forward({ stride, shape }, [x], { engine: { tf } }) {
    const [, height, width] = x.shape;
    return everyNth(
      tf,
      tf.pad(x as Tensor4D, [
        [0, 0],
        [0, shape[0] * stride - height!],
        [0, shape[1] * stride - width!],
        [0, 0],
      ]),
      stride,
    );
  },
  freeze: ({ stride }) => ({ stride }),
  frozen: {
    run: ({ stride }, [x], _constants, tf) => tf.stridedSlice(x, [0, 0, 0, 0], [...x.shape], [1, stride, stride, 1]),
    toGraphModel: ({ stride }, { name, inputs, integers }) => [
      graphNode(
        'StridedSlice',
        name,
        [inputs[0], integers('begin', [0, 0, 0, 0]), integers('end', [0, 0, 0, 0]), integers('strides', [1, stride, stride, 1])],
        {
          Index: INT32,
          // All four dimensions from their beginning to their end.
          begin_mask: { i: '15' },
          end_mask: { i: '15' },
          ellipsis_mask: { i: '0' },
          new_axis_mask: { i: '0' },
          shrink_axis_mask: { i: '0' },
        },
      ),
    ],
    toOnnx: ({ stride }, { name, inputs, integers }) => [
      // An end beyond the last row is the last row's.
      onnxNode('Slice', name, [
        inputs[0],
        integers('starts', [0, 0]),
        integers('ends', [TO_THE_END, TO_THE_END]),
        integers('axes', [2, 3]),
        integers('steps', [stride, stride]),
      ]),
    ],
    toInteger: ({ shape, stride }, scope) => ({ op: 'subsample', ...integerBase(scope, shape), stride }),
    keepsScale: true,
  },
};

/** The first of every `stride` rows and columns, of which there are multiples of `stride`. */
function everyNth(tf: Tfjs, x: Tensor4D, stride: number): Tensor4D {
  if (stride === 1) return x;
  const [batch, height, width, channels] = x.shape;
  const rows = tf.slice(tf.reshape(x, [-1, stride, width * channels]), [0, 0, 0], [-1, 1, -1]);
  const pixels = tf.slice(tf.reshape(rows, [-1, stride, channels]), [0, 0, 0], [-1, 1, -1]);
  return tf.reshape(pixels, [batch, height / stride, width / stride, channels]);
}

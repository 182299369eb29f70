/** Channels of zeros before and after. */
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { graphNode, INT32 } from './graph-def.ts';
import { integerBase } from './integer-def.ts';
import { onnxNode } from './onnx-def.ts';
import type { Operation } from './operation.ts';

interface Attributes {
  before: number;
  after: number;
}

export const padChannels: Operation<'padChannels', Attributes, Attributes> = {
  op: 'padChannels',
  shape: ([[height, width, channels]], { before, after }) => [height, width, before + channels + after],
  forward: ({ before, after }, [x], { engine }) =>
    engine.tf.pad(x as Tensor4D, [
      [0, 0],
      [0, 0],
      [0, 0],
      [before, after],
    ]),
  freeze: ({ before, after }) => ({ before, after }),
  frozen: {
    run: ({ before, after }, [x], _constants, tf) =>
      tf.pad(x as Tensor4D, [
        [0, 0],
        [0, 0],
        [0, 0],
        [before, after],
      ]),
    toGraphModel: ({ before, after }, { name, inputs, integers }) => [
      graphNode('Pad', name, [inputs[0], integers('paddings', [0, 0, 0, 0, 0, 0, before, after], [4, 2])], { Tpaddings: INT32 }),
    ],
    toOnnx: ({ before, after }, { name, inputs, integers }) => [
      onnxNode('Pad', name, [inputs[0], integers('pads', [0, before, 0, 0, 0, after, 0, 0])]),
    ],
    toInteger: ({ shape, before }, scope) => ({ op: 'padChannels', ...integerBase(scope, shape), before }),
    keepsScale: true,
  },
};

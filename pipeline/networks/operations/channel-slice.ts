/** Some of the channels: `size` of them from `start` on. */
import { graphNode, INT32 } from './graph-def.ts';
import { integerBase } from './integer-def.ts';
import { CHANNEL_AXIS, onnxNode } from './onnx-def.ts';
import type { Operation } from './operation.ts';

interface Attributes {
  start: number;
  size: number;
}

export const channelSlice: Operation<'channelSlice', Attributes, Attributes> = {
  op: 'channelSlice',
  shape([from], { start, size }) {
    if (size < 1 || start < 0 || start + size > from[2])
      throw new Error(`channels ${start} to ${start + size - 1} are not all among ${from[2]}`);
    return [from[0], from[1], size];
  },
  forward: ({ start, size }, [x], { engine }) => engine.tf.slice(x, [0, 0, 0, start], [-1, -1, -1, size]),
  freeze: ({ start, size }) => ({ start, size }),
  frozen: {
    run: ({ start, size }, [x], _constants, tf) => tf.slice(x, [0, 0, 0, start], [-1, -1, -1, size]),
    toGraphModel: ({ start, size }, { name, inputs, integers }) => [
      graphNode('Slice', name, [inputs[0], integers('begin', [0, 0, 0, start]), integers('size', [-1, -1, -1, size])], { Index: INT32 }),
    ],
    toOnnx: ({ start, size }, { name, inputs, integers }) => [
      onnxNode('Slice', name, [inputs[0], integers('starts', [start]), integers('ends', [start + size]), integers('axes', [CHANNEL_AXIS])]),
    ],
    toInteger: ({ start, shape }, scope) => ({ op: 'channelSlice', ...integerBase(scope, shape), start }),
    keepsScale: true,
  },
};

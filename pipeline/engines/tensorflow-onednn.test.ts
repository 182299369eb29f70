import type { Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { cachedTensorflow, tensorflowEngine } from '../testing/engines.ts';
import { uniform } from '../testing/numbers.ts';
import type { Attribute, NativeBackend } from './tensorflow-native.ts';
import { onednnCalls } from './tensorflow-onednn.ts';

const { handle, missing } = await cachedTensorflow();

describe.skipIf(missing !== '')(`calls of oneDNN's ops by name${missing}`, () => {
  it.each([
    { kernel: 3, stride: 1, padding: 'SAME' },
    { kernel: 3, stride: 2, padding: 'VALID' },
    { kernel: 1, stride: 2, padding: 'VALID' },
  ])(
    "give the bits of TensorFlow's own: a convolution of kernel $kernel, stride $stride, $padding, and its gradients",
    async ({ kernel, stride, padding }) => {
      const { tf } = await tensorflowEngine(handle!);
      const native = tf.backend() as unknown as NativeBackend;
      const { TF_ATTR_INT, TF_ATTR_STRING } = native.binding;
      const attributes: Attribute[] = [
        { name: 'strides', type: TF_ATTR_INT, value: [1, stride, stride, 1] },
        { name: 'padding', type: TF_ATTR_STRING, value: padding },
      ];
      const called = onednnCalls(tf);
      tf.tidy(() => {
        const x = tf.tensor4d(uniform(3 * 9 * 9 * 16, 1), [3, 9, 9, 16]);
        const filter = tf.tensor4d(uniform(kernel * kernel * 16 * 32, 2), [kernel, kernel, 16, 32]);
        const y = native.executeSingleOutput('Conv2D', attributes, [x, filter]);
        const dy = tf.tensor(uniform(y.size, 3), y.shape);
        const shapeOf = ({ shape }: Tensor): Tensor => tf.tensor1d(shape, 'int32');
        for (const [name, inputs] of [
          ['Conv2D', [x, filter]],
          ['Conv2DBackpropInput', [shapeOf(x), filter, dy]],
          ['Conv2DBackpropFilter', [x, shapeOf(filter), dy]],
        ] as const) {
          const expected = native.executeSingleOutput(name, attributes, [...inputs]).dataSync();
          expect(expected.some((value) => value !== 0)).toBe(true);
          expect(native.executeSingleOutput(...called(name, attributes), [...inputs]).dataSync(), name).toEqual(expected);
        }
      });
    },
  );

  it('leave every other op as it came, and no tensor behind', async () => {
    const { tf } = await tensorflowEngine(handle!);
    const before = tf.memory().numTensors;
    expect(onednnCalls(tf)('Relu', [])).toEqual(['Relu', []]);
    expect(tf.memory().numTensors).toBe(before);
  });
});

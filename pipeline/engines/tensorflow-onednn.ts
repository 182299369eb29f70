/**
 * oneDNN's ops by their own names. On processors that oneDNN serves TensorFlow rewrites convolutions and batch norms to these
 * at every call; asked for by name they give the same bits, without the rewriting: 1.4 % of a small network's step.
 */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Tfjs } from './engine.ts';
import type { Attribute, NativeBackend } from './tensorflow-native.ts';

/** Name and attributes of an op, in the order of `executeSingleOutput` and `executeMultipleOutputs`. */
export type Call = [name: string, attributes: Attribute[]];

/** TensorFlow keeps its rewritten kernels apart by this label. */
export const onednnLabel = ({ TF_ATTR_STRING }: NativeBackend['binding']): Attribute => ({
  name: '_kernel',
  type: TF_ATTR_STRING,
  value: 'MklNameChangeOp',
});

/** @returns an op's call as oneDNN's where this TensorFlow gives the very same bits by it, else as it came; convolutions must not have `EXPLICIT` padding, which oneDNN's gradients don't know */
export function onednnCalls(tf: Tfjs): (...call: Call) => Call {
  const native = tf.backend() as unknown as NativeBackend;
  const label = onednnLabel(native.binding);
  const direct = ([name, attributes]: Call): Call => [`_MklNative${name}`, [...attributes, label]];
  const same = new Set<string>();
  tf.tidy(() => {
    for (const { call, inputs, outputs } of samples(tf, native)) {
      const run = (call: Call): Tensor[] => native.executeMultipleOutputs(...call, inputs, outputs);
      if (
        haveSameBits(
          () => run(call),
          () => run(direct(call)),
        )
      )
        same.add(call[0]);
    }
  });
  return (...call) => (same.has(call[0]) ? direct(call) : call);
}

/** One small call of each op that is rewritten. */
function samples(tf: Tfjs, native: NativeBackend): { call: Call; inputs: Tensor[]; outputs: number }[] {
  const { TF_ATTR_INT, TF_ATTR_STRING, TF_ATTR_FLOAT } = native.binding;
  const numbers = (count: number): Float32Array => Float32Array.from({ length: count }, (_, i) => Math.sin(i + count));
  const [x, dy] = [5, 3].map((size): Tensor4D => tf.tensor4d(numbers(2 * size * size * 8), [2, size, size, 8]));
  const filter = tf.tensor4d(numbers(9 * 64), [3, 3, 8, 8]);
  const [scale, offset, none] = [8, 8, 0].map((count) => tf.tensor1d(numbers(count), 'float32'));
  const shapeOf = (tensor: Tensor4D): Tensor => tf.tensor1d(tensor.shape, 'int32');
  const convolution: Attribute[] = [
    { name: 'strides', type: TF_ATTR_INT, value: [1, 1, 1, 1] },
    { name: 'padding', type: TF_ATTR_STRING, value: 'VALID' },
  ];
  const batchNorm: Attribute[] = [{ name: 'epsilon', type: TF_ATTR_FLOAT, value: 1e-5 }];
  const [, , , ...reserved] = native.executeMultipleOutputs('FusedBatchNormV3', batchNorm, [x, scale, offset, none, none], 6);
  return [
    { call: ['Conv2D', convolution], inputs: [x, filter], outputs: 1 },
    { call: ['Conv2DBackpropInput', convolution], inputs: [shapeOf(x), filter, dy], outputs: 1 },
    { call: ['Conv2DBackpropFilter', convolution], inputs: [x, shapeOf(filter), dy], outputs: 1 },
    { call: ['FusedBatchNormV3', batchNorm], inputs: [x, scale, offset, none, none], outputs: 6 },
    { call: ['FusedBatchNormGradV3', batchNorm], inputs: [x, x, scale, ...reserved], outputs: 5 },
  ];
}

/** False too where the second can't be computed. */
function haveSameBits(expected: () => Tensor[], actual: () => Tensor[]): boolean {
  const bits = (tensors: Tensor[]): string =>
    JSON.stringify(tensors.map((tensor) => [tensor.shape, [...new Uint32Array((tensor.dataSync() as Float32Array).slice().buffer)]]));
  const wanted = bits(expected());
  try {
    return bits(actual()) === wanted;
  } catch {
    return false;
  }
}

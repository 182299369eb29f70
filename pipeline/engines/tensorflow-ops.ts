/**
 * The training ops on native TensorFlow, by its fused kernels. tfjs-node's own gradients of these cost half of a
 * training step: ReLU's goes through five ops (Step, Select, Fill, IsNan, Greater) instead of `ReluGrad`, batch norm
 * is composed of a dozen instead of `FusedBatchNormV3` and its gradient, and the gradients of a convolution refuse
 * explicit padding.
 */
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { differentiableConvolution, type ConvolutionAndGradients } from './differentiable-convolution.ts';
import type { Save, Tfjs, TrainingOps } from './engine.ts';
import type { Attribute, NativeBackend } from './tensorflow-native.ts';
import { onednnCalls, type Call } from './tensorflow-onednn.ts';
import { explicitPadding, samePadding, sidesOf, windowCounts, type Padding } from './padding.ts';
import { createTransformerOps } from './transformer-ops.ts';

/** Zeros around images, below and to the right only as many as outputs read. */
function padded(tf: Tfjs, x: Tensor4D, kernel: number, stride: number, padding: Padding): Tensor4D {
  const [, height, width] = x.shape;
  const [rows, columns] = windowCounts([height, width], kernel, stride, padding);
  const [top, left] = sidesOf(padding);
  const after = (count: number, size: number, before: number): number => Math.max(0, (count - 1) * stride + kernel - size - before);
  return tf.pad4d(x, explicitPadding([top, left, after(rows, height, top), after(columns, width, left)]));
}

/** True where TensorFlow's SAME pads exactly so; at stride 1 it pads an odd kernel as PyTorch does. */
const isSame = ([, height, width]: readonly number[], kernel: number, stride: number, padding: Padding): boolean =>
  String(sidesOf(padding)) === String(sidesOf(samePadding([height, width], kernel, stride)));

/**
 * Attributes that the ops have by default (NHWC, no dilation, training) are left out: stating them costs time at every call.
 * @param onProcessor no GPU
 */
export function createTensorflowOps(tf: Tfjs, onProcessor: boolean): TrainingOps {
  const native = tf.backend() as unknown as NativeBackend;
  const { TF_ATTR_INT, TF_ATTR_STRING, TF_ATTR_FLOAT, TF_ATTR_BOOL } = native.binding;
  const called = onProcessor ? onednnCalls(tf) : (...call: Call): Call => call;

  const convAttributes = (stride: number, padding: Padding, same: boolean): Attribute[] => [
    { name: 'strides', type: TF_ATTR_INT, value: [1, stride, stride, 1] },
    { name: 'padding', type: TF_ATTR_STRING, value: padding === 0 ? 'VALID' : same ? 'SAME' : 'EXPLICIT' },
    ...(padding === 0 || same ? [] : [{ name: 'explicit_paddings', type: TF_ATTR_INT, value: explicitPadding(padding).flat() }]),
  ];

  const rectifier =
    (name: 'Relu' | 'Relu6') =>
    <T extends Tensor>(x: T): T => {
      const rectified = tf.customGrad((x, save) => {
        const y = native.executeSingleOutput(name, [], [x as Tensor]);
        (save as Save)([y]);
        return { value: y, gradFunc: (dy: Tensor, [y]: Tensor[]) => native.executeSingleOutput(`${name}Grad`, [], [dy, y]) };
      });
      return rectified(x) as T;
    };

  const ops: TrainingOps = {
    conv2d(x, filter, stride, padding, needsInputGradient = true) {
      const same = isSame(x.shape, filter.shape[0], stride, padding);
      // oneDNN's gradients know no explicit padding: without it they take half of the time, and the padding is cheap.
      if (padding !== 0 && !same) return ops.conv2d(padded(tf, x, filter.shape[0], stride, padding), filter, stride, 0, needsInputGradient);
      const attributes = convAttributes(stride, padding, same);
      const parts: ConvolutionAndGradients = {
        forward: (x, filter) => native.executeSingleOutput(...called('Conv2D', attributes), [x, filter]),
        inputGradient: (x, filter, dy) =>
          native.executeSingleOutput(...called('Conv2DBackpropInput', attributes), [tf.tensor1d(x.shape, 'int32'), filter, dy]),
        filterGradient: (x, dy) =>
          native.executeSingleOutput(...called('Conv2DBackpropFilter', attributes), [x, tf.tensor1d(filter.shape, 'int32'), dy]),
      };
      return differentiableConvolution(tf, parts, x, filter, needsInputGradient);
    },

    depthwiseConv2d(x, filter, stride, padding) {
      const attributes = convAttributes(stride, padding, isSame(x.shape, filter.shape[0], stride, padding));
      const convolution = tf.customGrad((x, filter, save) => {
        (save as Save)([x as Tensor, filter as Tensor]);
        return {
          value: native.executeSingleOutput('DepthwiseConv2dNative', attributes, [x as Tensor, filter as Tensor]),
          gradFunc: (dy: Tensor, [x, filter]: Tensor[]) => [
            native.executeSingleOutput('DepthwiseConv2dNativeBackpropInput', attributes, [tf.tensor1d(x.shape, 'int32'), filter, dy]),
            native.executeSingleOutput('DepthwiseConv2dNativeBackpropFilter', attributes, [x, tf.tensor1d(filter.shape, 'int32'), dy]),
          ],
        };
      });
      return convolution(x, filter) as Tensor4D;
    },

    addBias: (x, bias) =>
      tf.customGrad((x, bias) => ({
        value: native.executeSingleOutput('BiasAdd', [], [x as Tensor, bias as Tensor]),
        // A third of the time of a sum over images, rows and columns.
        gradFunc: (dy: Tensor) => [dy, native.executeSingleOutput('BiasAddGrad', [], [dy])],
      }))(x, bias) as Tensor4D,

    batchNorm(x, scale, offset, epsilon) {
      const attributes: Attribute[] = [{ name: 'epsilon', type: TF_ATTR_FLOAT, value: epsilon }];
      let statistics: Tensor[] = [];
      const norm = tf.customGrad((x, scale, offset, save) => {
        const empty = tf.tensor1d([], 'float32');
        const [y, mean, variance, ...reserved] = native.executeMultipleOutputs(
          ...called('FusedBatchNormV3', attributes),
          [x as Tensor, scale as Tensor, offset as Tensor, empty, empty],
          6,
        );
        // This scope ends before the caller reads them: it disposes them.
        statistics = [tf.keep(mean), tf.keep(variance)];
        (save as Save)([x as Tensor, scale as Tensor, ...reserved]);
        return {
          value: y,
          gradFunc: (dy: Tensor, [x, scale, ...reserved]: Tensor[]) =>
            native.executeMultipleOutputs(...called('FusedBatchNormGradV3', attributes), [dy, x, scale, ...reserved], 5).slice(0, 3),
        };
      });
      const y = norm(x, scale, offset) as Tensor4D;
      return { y, mean: statistics[0] as Tensor1D, variance: statistics[1] as Tensor1D };
    },

    relu: rectifier('Relu'),
    relu6: rectifier('Relu6'),

    fakeQuantize<T extends Tensor>(x: T, scale: number, zeroPoint: number, largest: number): T {
      const attributes: Attribute[] = [
        { name: 'min', type: TF_ATTR_FLOAT, value: -zeroPoint * scale },
        { name: 'max', type: TF_ATTR_FLOAT, value: (largest - zeroPoint) * scale },
        { name: 'num_bits', type: TF_ATTR_INT, value: Math.log2(largest + 1) },
        { name: 'narrow_range', type: TF_ATTR_BOOL, value: false },
      ];
      const quantized = tf.customGrad((x, save) => {
        (save as Save)([x as Tensor]);
        return {
          value: native.executeSingleOutput('FakeQuantWithMinMaxArgs', attributes, [x as Tensor]),
          gradFunc: (dy: Tensor, [x]: Tensor[]) => native.executeSingleOutput('FakeQuantWithMinMaxArgsGradient', attributes, [dy, x]),
        };
      });
      return quantized(x) as T;
    },

    ...createTransformerOps(tf),
  };
  return ops;
}

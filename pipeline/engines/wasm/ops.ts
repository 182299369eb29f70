/** The training ops on WebAssembly: XNNPACK's kernels by way of tfjs, and ours (`register.ts`) where they are many or missing. */
import type { NamedAttrMap, NamedTensorMap, Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { differentiableConvolution, type ConvolutionAndGradients } from '../differentiable-convolution.ts';
import type { Save, Tfjs, TrainingOps } from '../engine.ts';
import { convolutionPadding, windowPadding } from '../padding.ts';
import { fakeQuantization } from '../fake-quantization.ts';
import { createTransformerOps } from '../transformer-ops.ts';

export function createWasmOps(tf: Tfjs): TrainingOps {
  const run = <T>(kernelName: string, inputs: NamedTensorMap, attrs: object = {}): T =>
    tf.engine().runKernel(kernelName, inputs, attrs as NamedAttrMap) as T;

  const rectifier =
    (name: 'relu' | 'relu6') =>
    <T extends Tensor>(x: T): T =>
      tf.customGrad((x, save) => {
        const y = tf[name](x as Tensor);
        (save as Save)([y]);
        return {
          value: y,
          gradFunc: (dy: Tensor, [y]: Tensor[]) => run<Tensor>('RectifierGrad', { dy, y }, { bounded: name === 'relu6' }),
        };
      })(x) as T;

  return {
    conv2d(x, filter, stride, padding, needsInputGradient = true) {
      const kernel = filter.shape[0];
      const attributes = { strides: stride, pad: windowPadding(padding), dataFormat: 'NHWC' };
      const parts: ConvolutionAndGradients = {
        forward: (x, filter) => tf.conv2d(x as Tensor4D, filter as Tensor4D, stride, convolutionPadding(kernel, stride, padding)),
        inputGradient: (x, filter, dy) => run('Conv2DBackpropInput', { dy, filter }, { ...attributes, inputShape: x.shape }),
        filterGradient: (x, dy) => run('Conv2DBackpropFilter', { x, dy }, { ...attributes, filterShape: filter.shape }),
      };
      return differentiableConvolution(tf, parts, x, filter, needsInputGradient);
    },

    depthwiseConv2d: (x, filter, stride, padding) =>
      tf.depthwiseConv2d(x, filter, stride, convolutionPadding(filter.shape[0], stride, padding) as 'same'),

    addBias: (x, bias) => tf.add(x, bias),

    batchNorm(x, scale, offset, epsilon) {
      let statistics: Tensor[] = [];
      const norm = tf.customGrad((x, scale, offset, save) => {
        const [y, mean, variance, inverse] = run<Tensor[]>(
          'BatchNormTraining',
          { x: x as Tensor, scale: scale as Tensor, offset: offset as Tensor },
          { epsilon },
        );
        // This scope ends before the caller reads them: it disposes them. The gradient needs a mean that the caller's disposal leaves.
        statistics = [tf.keep(mean), tf.keep(variance)];
        (save as Save)([x as Tensor, scale as Tensor, tf.clone(mean), inverse]);
        return {
          value: y,
          gradFunc: (dy: Tensor, [x, scale, mean, inverse]: Tensor[]) =>
            run<Tensor[]>('BatchNormTrainingGrad', { dy, x, scale, mean, inverse }),
        };
      });
      const y = norm(x, scale, offset) as Tensor4D;
      return { y, mean: statistics[0] as Tensor1D, variance: statistics[1] as Tensor1D };
    },

    relu: rectifier('relu'),
    relu6: rectifier('relu6'),
    fakeQuantize: fakeQuantization(tf),

    ...createTransformerOps(tf),
  };
}

/**
 * The training ops on WebGPU: kernels of ours where tfjs's are many (batch norm, gradients of rectifiers) or slow (the
 * gradient of a convolution's filter), tfjs's elsewhere.
 */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Tfjs, TrainingOps } from './engine.ts';
import { convolutionPadding, symmetricPadding } from './padding.ts';
import { createTransformerOps } from './transformer-ops.ts';
import type { WebgpuBackend } from './webgpu/backend.ts';
import { createBatchNorm } from './webgpu/batch-norm.ts';
import { filterGradient } from './webgpu/filter-gradient.ts';
import { registerLosses } from './webgpu/losses.ts';
import { createRectifier } from './webgpu/rectifier.ts';

type Save = (tensors: Tensor[]) => void;

export function createWebgpuOps(tf: Tfjs, backend: WebgpuBackend): TrainingOps {
  // The gradient of a convolution's input by tfjs's tiled kernel, not by the one that has a thread for each element.
  tf.env().set('WEBGPU_USE_NAIVE_CONV2D_TRANSPOSE', false);
  registerLosses(tf);

  return {
    conv2d(x, filter, stride, padding, needsInputGradient = true) {
      const kernel = filter.shape[0];
      const forward = (x: Tensor, filter: Tensor): Tensor => tf.conv2d(x as Tensor4D, filter as Tensor4D, stride, convolutionPadding(kernel, stride, padding));
      const ofFilter = (x: Tensor, dy: Tensor): Tensor => filterGradient(tf, backend, x, dy, kernel, stride, padding);
      const ofInput = (x: Tensor, filter: Tensor, dy: Tensor): Tensor =>
        tf.engine().runKernel('Conv2DBackpropInput', { dy, filter }, { inputShape: x.shape, strides: stride, pad: symmetricPadding(padding), dataFormat: 'NHWC' });
      if (!needsInputGradient) {
        return tf.customGrad((filter, save) => {
          (save as Save)([x]);
          return { value: forward(x, filter as Tensor), gradFunc: (dy: Tensor, [x]: Tensor[]) => ofFilter(x, dy) };
        })(filter) as Tensor4D;
      }
      return tf.customGrad((x, filter, save) => {
        (save as Save)([x as Tensor, filter as Tensor]);
        return { value: forward(x as Tensor, filter as Tensor), gradFunc: (dy: Tensor, [x, filter]: Tensor[]) => [ofInput(x, filter, dy), ofFilter(x, dy)] };
      })(x, filter) as Tensor4D;
    },

    depthwiseConv2d: (x, filter, stride, padding) => tf.depthwiseConv2d(x, filter, stride, symmetricPadding(padding)),

    batchNorm: createBatchNorm(tf, backend),
    relu: createRectifier(tf, backend, 'relu'),
    relu6: createRectifier(tf, backend, 'relu6'),

    ...createTransformerOps(tf),
  };
}

/** The training ops on WebGPU: kernels of ours where tfjs's are many (batch norm, gradients of rectifiers) or slow (convolutions), tfjs's elsewhere. */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Tfjs, TrainingOps } from './engine.ts';
import { createTransformerOps } from './transformer-ops.ts';
import type { WebgpuBackend } from './webgpu/backend.ts';
import { createBatchNorm } from './webgpu/batch-norm.ts';
import { convolution, inputGradient } from './webgpu/convolution.ts';
import { registerConvolutions } from './webgpu/convolution-kernels.ts';
import { createDepthwise } from './webgpu/depthwise.ts';
import { filterGradient } from './webgpu/filter-gradient.ts';
import { registerLosses } from './webgpu/losses.ts';
import { createRectifier } from './webgpu/rectifier.ts';
import { registerSum } from './webgpu/sum.ts';

type Save = (tensors: Tensor[]) => void;

export function createWebgpuOps(tf: Tfjs, backend: WebgpuBackend): TrainingOps {
  registerLosses(tf);
  registerConvolutions(tf);
  registerSum(tf);

  return {
    conv2d(x, filter, stride, padding, needsInputGradient = true) {
      const shape = { kernel: filter.shape[0], stride, padding };
      const forward = (x: Tensor, filter: Tensor): Tensor => convolution(tf, backend, x, filter, shape);
      const ofFilter = (x: Tensor, dy: Tensor): Tensor => filterGradient(tf, backend, x, dy, shape);
      const ofInput = (x: Tensor, filter: Tensor, dy: Tensor): Tensor => inputGradient(tf, backend, filter, dy, x.shape, shape);
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

    depthwiseConv2d: createDepthwise(tf, backend),

    batchNorm: createBatchNorm(tf, backend),
    relu: createRectifier(tf, backend, 'relu'),
    relu6: createRectifier(tf, backend, 'relu6'),

    ...createTransformerOps(tf),
  };
}

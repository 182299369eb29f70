/** The training ops on WebGPU: kernels of ours where tfjs's are many (batch norm, gradients of rectifiers) or slow (convolutions), tfjs's elsewhere. */
import { differentiableConvolution, type ConvolutionAndGradients } from './differentiable-convolution.ts';
import type { Tfjs, TrainingOps } from './engine.ts';
import { fakeQuantization } from './fake-quantization.ts';
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

export function createWebgpuOps(tf: Tfjs, backend: WebgpuBackend): TrainingOps {
  registerLosses(tf);
  registerConvolutions(tf);
  registerSum(tf);

  return {
    conv2d(x, filter, stride, padding, needsInputGradient = true) {
      const shape = { kernel: filter.shape[0], stride, padding };
      const parts: ConvolutionAndGradients = {
        forward: (x, filter) => convolution(tf, backend, x, filter, shape),
        inputGradient: (x, filter, dy) => inputGradient(tf, backend, filter, dy, x.shape, shape),
        filterGradient: (x, dy) => filterGradient(tf, backend, x, dy, shape),
      };
      return differentiableConvolution(tf, parts, x, filter, needsInputGradient);
    },

    depthwiseConv2d: createDepthwise(tf, backend),

    addBias: (x, bias) => tf.add(x, bias),
    batchNorm: createBatchNorm(tf, backend),
    relu: createRectifier(tf, backend, 'relu'),
    relu6: createRectifier(tf, backend, 'relu6'),
    fakeQuantize: fakeQuantization(tf),

    ...createTransformerOps(tf),
  };
}

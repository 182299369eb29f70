/** tfjs's convolutions on WebGPU by our kernel, where it computes what is asked: frozen networks (teachers, evaluation) call these. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../engine.ts';
import type { WebgpuBackend } from './backend.ts';
import { convolutionInfo, type ConvolutionShape, type FusedActivation } from './convolution.ts';

interface Attributes {
  strides: number | [number, number];
  pad: 'same' | 'valid' | number | [number, number][];
  dataFormat?: string;
  dilations?: number | [number, number];
  dimRoundingMode?: string;
  activation?: string;
}

const ACTIVATIONS: Record<string, FusedActivation> = { linear: 'none', relu: 'relu', relu6: 'relu6' };

let registered = false;

/** Replaces the kernels `Conv2D` and `FusedConv2D` of the backend `webgpu`; what ours cannot do stays with tfjs's. */
export function registerConvolutions(tf: Tfjs): void {
  if (registered) return;
  registered = true;
  for (const kernelName of ['Conv2D', 'FusedConv2D']) {
    const { kernelFunc: theirs } = tf.getKernel(kernelName, 'webgpu');
    tf.unregisterKernel(kernelName, 'webgpu');
    tf.registerKernel({
      kernelName,
      backendName: 'webgpu',
      kernelFunc(call) {
        const { x, filter, bias, preluActivationWeights } = call.inputs as {
          x: TensorInfo;
          filter: TensorInfo;
          bias?: TensorInfo;
          preluActivationWeights?: TensorInfo;
        };
        const attributes = call.attrs as unknown as Attributes;
        const activation = ACTIVATIONS[attributes.activation ?? 'linear'];
        const shape =
          preluActivationWeights || activation === undefined || (bias && bias.shape.length !== 1)
            ? undefined
            : shapeOf(tf, x, filter, attributes);
        return shape ? convolutionInfo(call.backend as WebgpuBackend, x, filter, shape, bias, activation) : theirs(call);
      },
    });
  }
}

/** Shape of a convolution; undefined if kernel or stride differ from side to side, or if the window has gaps. */
function shapeOf(
  tf: Tfjs,
  x: TensorInfo,
  filter: TensorInfo,
  { strides, pad, dataFormat = 'NHWC', dilations = 1, dimRoundingMode }: Attributes,
): ConvolutionShape | undefined {
  if (dataFormat !== 'NHWC') return undefined;
  const info = tf.backend_util.computeConv2DInfo(
    x.shape as never,
    filter.shape as never,
    strides,
    dilations,
    pad as never,
    dimRoundingMode as never,
  );
  const { top, bottom, left, right } = info.padInfo;
  const square =
    info.filterHeight === info.filterWidth &&
    info.strideHeight === info.strideWidth &&
    info.dilationHeight === 1 &&
    info.dilationWidth === 1;
  return square ? { kernel: info.filterHeight, stride: info.strideHeight, padding: [top, left, bottom, right] } : undefined;
}

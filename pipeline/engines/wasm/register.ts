/**
 * Our kernels as kernels of tfjs's WASM backend: the gradients that it lacks or computes by plain loops, under tfjs's own
 * names, so that every gradient of tfjs finds them; and adds under our own names what tfjs has no kernel for.
 */
import type { KernelConfig, NamedAttrMap, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../engine.ts';
import { batchNormBackward, batchNormForward } from './batch-norm.ts';
import { filterGradient, inputGradient, type Convolve } from './convolution-gradients.ts';
import { depthwiseFilterGradient, depthwiseInputGradient } from './depthwise-gradients.ts';
import { fasterKernels } from './faster-kernels.ts';
import { startKernels, type WasmKernels } from './kernels.ts';
import type { ConvolutionInfo } from './window.ts';

type Attributes = Record<string, never>;
type Compute = (inputs: Record<string, TensorInfo>, attributes: Attributes) => TensorInfo | TensorInfo[];
type Pair = [number, number];

/** tfjs's own kernels in place of which ours are registered; the engine may be created more than once. */
const tfjsKernels = new Map<string, KernelConfig['kernelFunc']>();

export function registerKernels(tf: Tfjs): WasmKernels {
  const backend = tf.backend();
  const kernels = startKernels(backend);
  const native = (kernelName: string, inputs: NamedTensorInfoMap, attrs: object): TensorInfo =>
    tf.getKernel(kernelName, 'wasm').kernelFunc({ inputs, attrs: attrs as NamedAttrMap, backend }) as TensorInfo;

  /** Zeros, or fewer pixels, before and after. */
  const convolve =
    (kernelName: 'Conv2D' | 'DepthwiseConv2dNative') =>
    (x: TensorInfo, filter: TensorInfo, rows: Pair, columns: Pair): TensorInfo => {
      const crop = [rows, columns].map((edges) => edges.map((edge) => Math.max(-edge, 0)));
      const pad = [[0, 0], ...[rows, columns].map((edges) => edges.map((edge) => Math.max(edge, 0))), [0, 0]];
      const cropped = crop.flat().some((edge) => edge > 0)
        ? native(
            'Slice',
            { x },
            {
              begin: [0, crop[0][0], crop[1][0], 0],
              size: [-1, x.shape[1] - crop[0][0] - crop[0][1], x.shape[2] - crop[1][0] - crop[1][1], -1],
            },
          )
        : undefined;
      const y = native(
        kernelName,
        { x: cropped ?? x, filter },
        { strides: [1, 1], pad, dataFormat: 'NHWC', dilations: [1, 1], dimRoundingMode: undefined },
      );
      if (cropped) kernels.free(cropped);
      return y;
    };
  const convolution: Convolve = convolve('Conv2D');

  const infoOf = (shape: readonly number[], filterShape: readonly number[], attributes: Attributes, depthwise = false): ConvolutionInfo => {
    const { strides, pad, dimRoundingMode } = attributes;
    const dataFormat = (attributes['dataFormat'] as string | undefined) ?? 'NHWC';
    const info = tf.backend_util.computeConv2DInfo(
      shape as never,
      filterShape as never,
      strides,
      attributes['dilations'] ?? 1,
      pad,
      dimRoundingMode,
      depthwise,
    );
    const asked = `${dataFormat}, dilation ${info.dilationHeight} x ${info.dilationWidth}${depthwise ? `, ${filterShape[3]} kernels a channel` : ''}`;
    if (dataFormat !== 'NHWC' || info.dilationHeight !== 1 || info.dilationWidth !== 1 || (depthwise && filterShape[3] !== 1))
      throw new Error(`wasm: no gradient of this convolution (${asked}); there is one of NHWC, without dilation, one kernel a channel`);
    return info;
  };

  const all: Record<string, Compute> = {
    Conv2DBackpropFilter: ({ x, dy }, attrs) => filterGradient(kernels, x, dy, infoOf(x.shape, attrs['filterShape'], attrs)),
    Conv2DBackpropInput: ({ dy, filter }, attrs) =>
      inputGradient(kernels, convolution, dy, filter, infoOf(attrs['inputShape'], filter.shape, attrs)),
    DepthwiseConv2dNativeBackpropFilter: ({ x, dy }, attrs) =>
      depthwiseFilterGradient(kernels, x, dy, infoOf(x.shape, attrs['filterShape'], attrs, true)),
    DepthwiseConv2dNativeBackpropInput: ({ dy, filter }, attrs) =>
      depthwiseInputGradient(kernels, dy, filter, infoOf(attrs['inputShape'], filter.shape, attrs, true)),

    BatchNormTraining({ x, scale, offset }, { epsilon }) {
      const { y, mean, variance, inverse } = batchNormForward(kernels, x, scale, offset, epsilon);
      return [y, mean, variance, inverse];
    },
    BatchNormTrainingGrad({ dy, x, scale, mean, inverse }) {
      const { dx, dScale, dOffset } = batchNormBackward(kernels, dy, x, scale, mean, inverse);
      return [dx, dScale, dOffset];
    },
    RectifierGrad({ dy, y }, { bounded }) {
      const dx = kernels.allocate(dy.shape);
      const run = bounded ? kernels.run.relu6Gradient : kernels.run.reluGradient;
      run(
        kernels.address(dy),
        kernels.address(y),
        kernels.address(dx),
        dy.shape.reduce((product, size) => product * size, 1),
      );
      return dx;
    },
  };
  const register = (kernelName: string, kernelFunc: KernelConfig['kernelFunc']): void => {
    if (tf.getKernel(kernelName, 'wasm')) tf.unregisterKernel(kernelName, 'wasm');
    tf.registerKernel({ kernelName, backendName: 'wasm', kernelFunc });
  };
  for (const [kernelName, compute] of Object.entries(all))
    register(kernelName, ({ inputs, attrs }) => compute(inputs as Record<string, TensorInfo>, attrs as Attributes));
  for (const [kernelName, compute] of Object.entries(fasterKernels(tf, kernels))) {
    const own = tfjsKernels.get(kernelName) ?? tf.getKernel(kernelName, 'wasm').kernelFunc;
    tfjsKernels.set(kernelName, own);
    register(
      kernelName,
      (parameters) => compute(parameters.inputs as Record<string, TensorInfo>, parameters.attrs ?? {}) ?? own(parameters),
    );
  }
  return kernels;
}

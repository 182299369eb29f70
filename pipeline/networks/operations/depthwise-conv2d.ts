/** Convolution of each channel by its own square kernel, zero padding. State: weight [channels, 1, k, k]. */
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { convolutionPadding } from '../../engines/padding.ts';
import { layouts } from '../layout.ts';
import { takeActivation } from './activation.ts';
import {
  convolutionAttributes,
  convolutionEntries,
  foldIntoConvolution,
  freezeConvolution,
  onnxConvolution,
  unfreezeConvolution,
  type ConvolutionAttributes,
  type FrozenConvolution,
} from './convolution.ts';
import { fusedOps, graphNode } from './graph-def.ts';
import { integerConvolution, outputsFirst } from './integer-def.ts';
import type { Operation } from './operation.ts';
import { windowedShape } from './windows.ts';

export const depthwiseConv2d: Operation<'depthwiseConv2d', ConvolutionAttributes, FrozenConvolution> = {
  op: 'depthwiseConv2d',

  shape([from], { name, outChannels, ...window }) {
    if (from[2] !== outChannels)
      throw new Error(`${name}: a depthwise convolution of ${from[2]} channels gives as many, not ${outChannels}`);
    return windowedShape(from, window, outChannels);
  },

  parameters: (node) => convolutionEntries(node, 1, layouts.depthwise),

  multiplyAdds: ({ shape, kernel }) => shape[0] * shape[1] * shape[2] * kernel ** 2,

  forward(node, [x], { engine, parameter }) {
    const y = engine.ops.depthwiseConv2d(x as Tensor4D, parameter(`${node.name}.weight`), node.stride, node.padding);
    return node.bias ? engine.ops.addBias(y, parameter(`${node.name}.bias`)) : y;
  },

  freeze: (node, { value }) => freezeConvolution(node, 1, layouts.depthwise, value),

  frozen: {
    run: (node, [x], { kernel, bias }, tf) =>
      tf.fused.depthwiseConv2d({
        x: x as Tensor4D,
        filter: kernel as Tensor4D,
        strides: node.stride,
        pad: convolutionPadding(node.kernel, node.stride, node.padding) as 'same',
        bias: bias as Tensor1D,
        activation: node.activation === 'none' ? 'linear' : node.activation,
      }),

    toGraphModel: ({ stride, padding, activation }, { name, inputs, constant }) => [
      graphNode('FusedDepthwiseConv2dNative', name, [inputs[0], constant('kernel'), constant('bias')], {
        ...convolutionAttributes(stride, padding),
        ...fusedOps(activation),
      }),
    ],

    toOnnx(node, scope) {
      const { kernel, bias } = node.constants;
      const [height, width, channels] = kernel.shape;
      const shape = [channels, 1, height, width];
      return onnxConvolution(node, scope, {
        filter: layouts.depthwise.fromDevice(kernel.data, shape),
        shape,
        bias: bias.data,
        groups: channels,
      });
    },

    toInteger: (node, scope) =>
      integerConvolution(node, scope, {
        weights: outputsFirst(node.constants.kernel.data, node.shape[2]),
        bias: node.constants.bias.data,
        groups: node.shape[2],
      }),

    unfreeze(node) {
      const [height, width, channels] = node.constants.kernel.shape;
      return unfreezeConvolution(node, layouts.depthwise, [channels, 1, height, width]);
    },

    foldScale: foldIntoConvolution,
    fuseActivation: takeActivation,
  },
};

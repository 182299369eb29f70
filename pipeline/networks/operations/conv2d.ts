/** Convolution with a square kernel and zero padding. State: weight [out, in, k, k], bias [out]. */
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../../engines/engine.ts';
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

export const conv2d: Operation<'conv2d', ConvolutionAttributes, FrozenConvolution> = {
  op: 'conv2d',

  shape: ([from], { outChannels, ...window }) => windowedShape(from, window, outChannels),

  parameters: (node) => convolutionEntries(node, node.inputShapes[0][2], layouts.convolution),

  multiplyAdds: ({ shape, kernel, inputShapes }) => shape[0] * shape[1] * shape[2] * kernel ** 2 * inputShapes[0][2],

  forward(node, [x], { engine, parameter, needsGradient }) {
    const y = engine.ops.conv2d(x as Tensor4D, parameter(`${node.name}.weight`), node.stride, node.padding, needsGradient(0));
    return node.bias ? engine.ops.addBias(y, parameter(`${node.name}.bias`)) : y;
  },

  freeze: (node, { value }) => freezeConvolution(node, node.inputShapes[0][2], layouts.convolution, value),

  frozen: {
    run: (node, [x], { kernel, bias }, tf) => fusedConv2d(tf, x, kernel, bias, node),

    toGraphModel: ({ stride, padding, activation }, { name, inputs, constant }) => [
      graphNode('_FusedConv2D', name, [inputs[0], constant('kernel'), constant('bias')], {
        ...convolutionAttributes(stride, padding),
        ...fusedOps(activation),
      }),
    ],

    toOnnx(node, scope) {
      const { kernel, bias } = node.constants;
      const [height, width, inputs, outputs] = kernel.shape;
      const shape = [outputs, inputs, height, width];
      return onnxConvolution(node, scope, {
        filter: layouts.convolution.fromDevice(kernel.data, shape),
        shape,
        bias: bias.data,
        groups: 1,
      });
    },

    toInteger: (node, scope) =>
      integerConvolution(node, scope, {
        weights: outputsFirst(node.constants.kernel.data, node.shape[2]),
        bias: node.constants.bias.data,
        groups: 1,
      }),

    unfreeze(node) {
      const [height, width, inputs, outputs] = node.constants.kernel.shape;
      return unfreezeConvolution(node, layouts.convolution, [outputs, inputs, height, width]);
    },

    foldScale: foldIntoConvolution,
    fuseActivation: takeActivation,
  },
};

/** One pass of convolution, bias and activation. */
export function fusedConv2d(
  tf: Tfjs,
  x: Tensor,
  filter: Tensor,
  bias: Tensor,
  { kernel, stride, padding, activation }: Omit<FrozenConvolution, 'constants'>,
): Tensor4D {
  return tf.fused.conv2d({
    x: x as Tensor4D,
    filter: filter as Tensor4D,
    strides: stride,
    pad: convolutionPadding(kernel, stride, padding),
    bias: bias as Tensor1D,
    activation: activation === 'none' ? 'linear' : activation,
  });
}

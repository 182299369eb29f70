/** Convolution with a square kernel and symmetric zero padding as in PyTorch. State: weight [out, in, k, k], bias [out]. */
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../../engines/engine.ts';
import { convolutionPadding } from '../../engines/padding.ts';
import { kaimingNormal } from '../initialisation.ts';
import { layouts } from '../layout.ts';
import { base64, fusedOps, graphNode, integerList, NHWC } from './graph-def.ts';
import type { Activation, EntrySpec, Operation } from './operation.ts';
import { windowedShape } from './windows.ts';

interface Attributes {
  name: string;
  outChannels: number;
  kernel: number;
  stride: number;
  padding: number;
  bias: boolean;
}

interface Frozen {
  constants: { kernel: { shape: number[]; data: Float32Array; isWeight: true }; bias: { shape: number[]; data: Float32Array } };
  kernel: number;
  stride: number;
  /** Zeros on each side. */
  padding: number;
  activation: Activation;
}

const weightShape = ({ outChannels, kernel }: Attributes, inChannels: number): number[] => [outChannels, inChannels, kernel, kernel];

export const conv2d: Operation<'conv2d', Attributes, Frozen> = {
  op: 'conv2d',

  shape: ([from], { outChannels, ...window }) => windowedShape(from, window, outChannels),

  parameters(node) {
    const { name, outChannels } = node;
    const entries: EntrySpec[] = [{ name: `${name}.weight`, shape: weightShape(node, node.inputShapes[0][2]), trainable: true, layout: layouts.convolution, initialise: kaimingNormal(outChannels * node.kernel ** 2) }];
    if (node.bias) entries.push({ name: `${name}.bias`, shape: [outChannels], trainable: true, layout: layouts.same, initialise: () => {} });
    return entries;
  },

  multiplyAdds: ({ shape, kernel, inputShapes }) => shape[0] * shape[1] * shape[2] * kernel ** 2 * inputShapes[0][2],

  forward(node, [x], { engine, parameter, needsGradient }) {
    const y = engine.ops.conv2d(x as Tensor4D, parameter(`${node.name}.weight`), node.stride, node.padding, needsGradient(0));
    return node.bias ? engine.tf.add(y, parameter(`${node.name}.bias`)) : y;
  },

  freeze(node, { value }) {
    const { name, kernel, outChannels, stride, padding } = node;
    const { data, shape } = layouts.convolution.toDevice(value(`${name}.weight`), weightShape(node, node.inputShapes[0][2]));
    const bias = node.bias ? value(`${name}.bias`).slice() : new Float32Array(outChannels);
    return { constants: { kernel: { data, shape, isWeight: true }, bias: { data: bias, shape: [outChannels] } }, kernel, stride, padding, activation: 'none' };
  },

  frozen: {
    run: (node, [x], { kernel, bias }, tf) => fusedConv2d(tf, x, kernel, bias, node),

    toGraphModel: ({ stride, padding, activation }, { name, inputs, constant }) => [
      graphNode('_FusedConv2D', name, [inputs[0], constant('kernel'), constant('bias')], { ...convolutionAttributes(stride, padding), ...fusedOps(activation) }),
    ],

    foldScale({ activation, constants: { kernel, bias } }, scale, offset) {
      if (activation !== 'none') return false;
      scaleOutputs(kernel.data, bias.data, scale, offset);
      return true;
    },

    fuseActivation(node, activation) {
      if (node.activation !== 'none') return false;
      node.activation = activation;
      return true;
    },
  },
};

function fusedConv2d(tf: Tfjs, x: Tensor, filter: Tensor, bias: Tensor, { kernel, stride, padding, activation }: Omit<Frozen, 'constants'>): Tensor4D {
  return tf.fused.conv2d({
    x: x as Tensor4D,
    filter: filter as Tensor4D,
    strides: stride,
    pad: convolutionPadding(kernel, stride, padding),
    bias: bias as Tensor1D,
    activation: activation === 'none' ? 'linear' : activation,
  });
}

/** The filter's innermost dimension is the output's channels, so that they repeat with period `scale.length`. */
export function scaleOutputs(filter: Float32Array, bias: Float32Array, scale: Float32Array, offset: Float32Array): void {
  for (let i = 0; i < filter.length; i++) filter[i] *= scale[i % scale.length];
  for (let c = 0; c < bias.length; c++) bias[c] = bias[c] * scale[c] + offset[c];
}

/** Attributes of a convolution in a graph file. SAME would pad a stride of 2 at the other side than PyTorch does. */
export function convolutionAttributes(stride: number, padding: number): Record<string, object> {
  return {
    strides: integerList([1, stride, stride, 1]),
    padding: base64(padding === 0 ? 'VALID' : 'EXPLICIT'),
    explicit_paddings: integerList(padding === 0 ? [] : [0, 0, padding, padding, padding, padding, 0, 0]),
    dilations: integerList([1, 1, 1, 1]),
    data_format: NHWC,
  };
}

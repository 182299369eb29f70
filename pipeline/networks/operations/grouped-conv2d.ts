/**
 * Convolution in groups: each group of output channels sees its own group of input channels. No tfjs backend computes that,
 * so it is as many convolutions, their results put together. State: weight [out, in / groups, k, k], bias [out].
 */
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { layouts } from '../layout.ts';
import { takeActivation } from './activation.ts';
import { fusedConv2d } from './conv2d.ts';
import {
  convolutionAttributes,
  convolutionEntries,
  onnxConvolution,
  scaleOutputs,
  unfrozenConvolution,
  type ConvolutionAttributes,
} from './convolution.ts';
import { fusedOps, graphNode, INT32 } from './graph-def.ts';
import { integerConvolution, outputsFirst } from './integer-def.ts';
import type { Activation, Constant, Operation } from './operation.ts';
import { windowedShape, type Window } from './windows.ts';

interface Attributes extends ConvolutionAttributes {
  groups: number;
}

/** Constants: `kernel<g>` and `bias<g>` of each group. */
interface Frozen extends Window {
  groups: number;
  activation: Activation;
}

export const groupedConv2d: Operation<'groupedConv2d', Attributes, Frozen> = {
  op: 'groupedConv2d',

  shape([from], { name, outChannels, groups, ...window }) {
    if (from[2] % groups !== 0 || outChannels % groups !== 0)
      throw new Error(`${name}: ${from[2]} and ${outChannels} channels do not make ${groups} equal groups`);
    return windowedShape(from, window, outChannels);
  },

  parameters: (node) => convolutionEntries(node, node.inputShapes[0][2] / node.groups, layouts.convolution),

  multiplyAdds: ({ shape, kernel, inputShapes, groups }) => (shape[0] * shape[1] * shape[2] * kernel ** 2 * inputShapes[0][2]) / groups,

  forward({ name, stride, padding, bias, groups }, [x], { engine: { tf, ops }, parameter, needsGradient }) {
    const inputs = tf.split(x, groups, 3) as Tensor4D[];
    const filters = tf.split(parameter<Tensor4D>(`${name}.weight`), groups, 3) as Tensor4D[];
    const y = tf.concat(
      inputs.map((input, g) => ops.conv2d(input, filters[g], stride, padding, needsGradient(0))),
      3,
    );
    return bias ? ops.addBias(y as Tensor4D, parameter(`${name}.bias`)) : y;
  },

  freeze(node, { value }) {
    const { name, kernel, outChannels, stride, padding, groups } = node;
    const weight = value(`${name}.weight`);
    const bias = node.bias ? value(`${name}.bias`) : new Float32Array(outChannels);
    const [size, inputs] = [outChannels / groups, node.inputShapes[0][2] / groups];
    const constants: Record<string, Constant> = {};
    for (let g = 0; g < groups; g++) {
      const own = weight.subarray((g * weight.length) / groups, ((g + 1) * weight.length) / groups);
      constants[`kernel${g}`] = { ...layouts.convolution.toDevice(own, [size, inputs, kernel, kernel]), isWeight: true };
      constants[`bias${g}`] = { data: bias.slice(g * size, (g + 1) * size), shape: [size] };
    }
    return { constants, kernel, stride, padding, groups, activation: 'none' };
  },

  frozen: {
    run(node, [x], constants, tf) {
      const inputs = tf.split(x, node.groups, 3);
      return tf.concat(
        inputs.map((input, g) => fusedConv2d(tf, input, constants[`kernel${g}`], constants[`bias${g}`], node)),
        3,
      );
    },

    toGraphModel({ stride, padding, groups, activation }, { name, inputs, constant, integers }) {
      const members = Array.from({ length: groups }, (_, g) =>
        graphNode('_FusedConv2D', `${name}/group${g}`, [`${name}/groups:${g}`, constant(`kernel${g}`), constant(`bias${g}`)], {
          ...convolutionAttributes(stride, padding),
          ...fusedOps(activation),
        }),
      );
      return [
        graphNode('Split', `${name}/groups`, [integers('split_axis', [3], []), inputs[0]], { num_split: { i: String(groups) } }),
        ...members,
        graphNode('ConcatV2', name, [...members.map((member) => member.name), integers('axis', [3], [])], {
          N: { i: String(groups) },
          Tidx: INT32,
        }),
      ];
    },

    toOnnx: (node, scope) => onnxConvolution(node, scope, { ...joined(node), groups: node.groups }),

    toInteger(node, scope) {
      const { groups, constants, shape } = node;
      const members = Array.from({ length: groups }, (_, g) => outputsFirst(constants[`kernel${g}`].data, shape[2] / groups));
      const inOne = (parts: Float32Array[]): Float32Array => Float32Array.from(parts.flatMap((part) => [...part]));
      return integerConvolution(node, scope, {
        weights: inOne(members),
        bias: inOne(members.map((_, g) => constants[`bias${g}`].data)),
        groups,
      });
    },

    unfreeze(node) {
      const { filter, shape, bias } = joined(node);
      const { attributes, entries } = unfrozenConvolution(node, filter, shape, bias);
      return { attributes: { ...attributes, groups: node.groups }, entries };
    },

    foldScale({ activation, groups, constants }, scale, offset) {
      if (activation !== 'none') return false;
      const size = scale.length / groups;
      for (let g = 0; g < groups; g++) {
        const own = (values: Float32Array): Float32Array => values.subarray(g * size, (g + 1) * size);
        scaleOutputs(constants[`kernel${g}`].data, constants[`bias${g}`].data, own(scale), own(offset));
      }
      return true;
    },

    fuseActivation: takeActivation,
  },
};

/** The groups' kernels as one, in PyTorch's layout, and their biases. */
function joined({ groups, constants }: { groups: number; constants: Record<string, Constant> }): {
  filter: Float32Array;
  shape: number[];
  bias: Float32Array;
} {
  const [height, width, inputs, outputs] = constants.kernel0.shape;
  const filter = new Float32Array(groups * constants.kernel0.data.length);
  const bias = new Float32Array(groups * outputs);
  for (let g = 0; g < groups; g++) {
    const part = layouts.convolution.fromDevice(constants[`kernel${g}`].data, [outputs, inputs, height, width]);
    filter.set(part, g * part.length);
    bias.set(constants[`bias${g}`].data, g * outputs);
  }
  return { filter, shape: [outputs * groups, inputs, height, width], bias };
}

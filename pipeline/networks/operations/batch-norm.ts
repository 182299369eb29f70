/** Batch norm over channels, of maps and of vectors. State: weight, bias, running_mean, running_var, all [channels]. */
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { ones } from '../initialisation.ts';
import { layouts } from '../layout.ts';
import { graphNode, withActivation } from './graph-def.ts';
import { integerAffine } from './integer-def.ts';
import { onnxNode, perChannelShape, withOnnxActivation } from './onnx-def.ts';
import { applyActivation, takeActivation } from './activation.ts';
import type { Activation, EntrySpec, Operation } from './operation.ts';

interface Attributes {
  name: string;
  epsilon: number;
}

interface Frozen {
  constants: { scale: { shape: number[]; data: Float32Array }; offset: { shape: number[]; data: Float32Array } };
  activation: Activation;
}

export const batchNorm: Operation<'batchNorm', Attributes, Frozen> = {
  op: 'batchNorm',

  shape: ([from]) => from,

  parameters({ name, shape }) {
    const channels = [shape.at(-1)!];
    const entry = (suffix: string, trainable: boolean, initialise: EntrySpec['initialise']): EntrySpec => ({
      name: `${name}.${suffix}`,
      shape: channels,
      trainable,
      layout: layouts.same,
      initialise,
    });
    return [
      entry('weight', true, ones),
      entry('bias', true, () => {}),
      entry('running_mean', false, () => {}),
      entry('running_var', false, ones),
    ];
  },

  forward({ name, epsilon, shape }, [x], { engine: { tf, ops }, parameter, onStatistics }) {
    const map = shape.length === 1 ? tf.reshape(x, [-1, 1, 1, shape[0]]) : x;
    const { y, mean, variance } = ops.batchNorm(map as Tensor4D, parameter(`${name}.weight`), parameter(`${name}.bias`), epsilon);
    onStatistics({ name, mean, variance });
    return shape.length === 1 ? tf.reshape(y, [-1, shape[0]]) : y;
  },

  /** γ·(x - μ)/√(σ²+ε) + β as x·scale + offset. */
  freeze({ name, epsilon }, { value, foldScale }) {
    const mean = value(`${name}.running_mean`);
    const variance = value(`${name}.running_var`);
    const scale = value(`${name}.weight`).map((gamma, c) => gamma / Math.sqrt(variance[c] + epsilon));
    const offset = value(`${name}.bias`).map((beta, c) => beta - mean[c] * scale[c]);
    if (foldScale(scale, offset)) return undefined;
    const shape = [scale.length];
    return { constants: { scale: { data: scale, shape }, offset: { data: offset, shape } }, activation: 'none' };
  },

  frozen: {
    run: ({ activation }, [x], { scale, offset }, tf) => applyActivation(tf, activation, tf.add(tf.mul(x, scale), offset)),

    toGraphModel: ({ activation }, { name, inputs, constant }) =>
      withActivation(name, activation, (name) => [
        graphNode('Mul', `${name}/scaled`, [inputs[0], constant('scale')]),
        graphNode('AddV2', name, [`${name}/scaled`, constant('offset')]),
      ]),

    toOnnx({ activation, constants, shape }, scope) {
      const constant = (key: 'scale' | 'offset') =>
        scope.floats(key, constants[key].data, perChannelShape(shape, constants[key].data.length));
      return withOnnxActivation(scope, activation, (name) => [
        onnxNode('Mul', `${name}/scaled`, [scope.inputs[0], constant('scale')]),
        onnxNode('Add', name, [`${name}/scaled`, constant('offset')]),
      ]);
    },

    toInteger: ({ activation, constants: { scale, offset }, shape }, scope) => ({
      op: 'affine',
      ...integerAffine(scope, [...scale.data], [...offset.data], activation),
      shape,
    }),

    foldScale({ activation, constants }, scale, offset) {
      if (activation !== 'none') return false;
      for (let c = 0; c < scale.length; c++) {
        constants.scale.data[c] *= scale[c];
        constants.offset.data[c] = constants.offset.data[c] * scale[c] + offset[c];
      }
      return true;
    },

    fuseActivation: takeActivation,
  },
};

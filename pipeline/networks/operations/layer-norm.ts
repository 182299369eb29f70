/** Layer norm over the last dimension, each token or pixel by itself. State: weight, bias, both [features]. */
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { standardise } from '../../engines/transformer-ops.ts';
import { ones } from '../initialisation.ts';
import { layouts } from '../layout.ts';
import { graphNode, INT32 } from './graph-def.ts';
import { onnxNode } from './onnx-def.ts';
import type { Operation } from './operation.ts';

interface Attributes {
  name: string;
  epsilon: number;
}

interface Frozen {
  constants: { scale: { shape: number[]; data: Float32Array }; offset: { shape: number[]; data: Float32Array } };
  epsilon: number;
}

export const layerNorm: Operation<'layerNorm', Attributes, Frozen> = {
  op: 'layerNorm',

  shape: ([from]) => from,

  parameters({ name, shape }) {
    const features = [shape.at(-1)!];
    return [
      { name: `${name}.weight`, shape: features, trainable: true, layout: layouts.same, initialise: ones },
      { name: `${name}.bias`, shape: features, trainable: true, layout: layouts.same, initialise: () => {} },
    ];
  },

  forward: ({ name, epsilon }, [x], { engine, parameter }) =>
    engine.ops.layerNorm(x, parameter<Tensor1D>(`${name}.weight`), parameter<Tensor1D>(`${name}.bias`), epsilon),

  freeze({ name, epsilon, shape }, { value }) {
    const features = [shape.at(-1)!];
    return {
      constants: {
        scale: { data: value(`${name}.weight`).slice(), shape: features },
        offset: { data: value(`${name}.bias`).slice(), shape: features },
      },
      epsilon,
    };
  },

  frozen: {
    noInteger: 'divides by a root that every image has its own of',
    run: ({ epsilon }, [x], { scale, offset }, tf) => tf.add(tf.mul(standardise(tf, x, epsilon).standardised, scale), offset),

    toGraphModel({ epsilon }, { name, inputs: [x], constant, integers, scalar }) {
      const axis = integers('axis', [-1]);
      const mean = (from: string, to: string) => graphNode('Mean', `${name}/${to}`, [from, axis], { Tidx: INT32, keep_dims: { b: true } });
      return [
        mean(x, 'mean'),
        graphNode('Sub', `${name}/centred`, [x, `${name}/mean`]),
        graphNode('Square', `${name}/squares`, [`${name}/centred`]),
        mean(`${name}/squares`, 'variance'),
        graphNode('AddV2', `${name}/lifted`, [`${name}/variance`, scalar('epsilon', epsilon)]),
        graphNode('Rsqrt', `${name}/inverse`, [`${name}/lifted`]),
        graphNode('Mul', `${name}/standardised`, [`${name}/centred`, `${name}/inverse`]),
        graphNode('Mul', `${name}/scaled`, [`${name}/standardised`, constant('scale')]),
        graphNode('AddV2', name, [`${name}/scaled`, constant('offset')]),
      ];
    },

    toOnnx({ epsilon, shape, constants: { scale, offset } }, { name, inputs: [x], floats }) {
      const operands = [floats('scale', scale.data, scale.shape), floats('offset', offset.data, offset.shape)];
      const norm = (from: string, to: string) =>
        onnxNode('LayerNormalization', to, [from, ...operands], { axis: { int: -1 }, epsilon: { float: epsilon } });
      if (shape.length < 3) return [norm(x, name)];
      // The operator knows the last dimensions alone, and a map's channels are dimension 1.
      return [
        onnxNode('Transpose', `${name}/channels_last`, [x], { perm: { ints: [0, 2, 3, 1] } }),
        norm(`${name}/channels_last`, `${name}/normalised`),
        onnxNode('Transpose', name, [`${name}/normalised`], { perm: { ints: [0, 3, 1, 2] } }),
      ];
    },
  },
};

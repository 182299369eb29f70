/** ReLU and ReLU6: a node of their own in training, part of the node before wherever that can take them on. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../../engines/engine.ts';
import { activationOp, graphNode } from './graph-def.ts';
import { integerAffine } from './integer-def.ts';
import { activationNode } from './onnx-def.ts';
import type { Activation, Operation } from './operation.ts';

interface Attributes {
  activation: Exclude<Activation, 'none'>;
}

export const activation: Operation<'activation', Attributes, Attributes> = {
  op: 'activation',
  shape: ([from]) => from,
  forward: ({ activation }, [x], { engine }) => engine.ops[activation](x),
  freeze: ({ activation }, { fuseActivation }) => (fuseActivation(activation) ? undefined : { activation }),
  frozen: {
    run: ({ activation }, [x], _constants, tf) => applyActivation(tf, activation, x),
    toGraphModel: ({ activation }, { name, inputs }) => [graphNode(activationOp(activation), name, inputs)],
    toOnnx: ({ activation }, { name, inputs, floats }) => [activationNode(name, inputs[0], activation, floats)],
    toInteger({ activation, shape }, scope) {
      const channels = shape.at(-1)!;
      return { op: 'affine', ...integerAffine(scope, Array(channels).fill(1), Array(channels).fill(0), activation), shape };
    },
  },
};

/** `FrozenForm.fuseActivation` of what computes an activation in the same pass. */
export function takeActivation(node: { activation: Activation }, activation: Activation): boolean {
  if (node.activation !== 'none') return false;
  node.activation = activation;
  return true;
}

export function applyActivation(tf: Tfjs, activation: Activation, x: Tensor): Tensor {
  return activation === 'none' ? x : tf[activation](x);
}

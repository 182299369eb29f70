/** Hard swish, x·relu6(x + 3)/6, and hard sigmoid, relu6(x + 3)/6 (Howard et al. 2019, arXiv 1905.02244): in integers, tables. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../../engines/engine.ts';
import { graphNode, type GraphDefNode } from './graph-def.ts';
import { integerTable } from './integer-def.ts';
import { onnxNode } from './onnx-def.ts';
import type { GraphModelScope, Operation } from './operation.ts';

const SIXTH = 1 / 6;

const sigmoidOf = (tf: Tfjs, relu6: (x: Tensor) => Tensor, x: Tensor): Tensor => tf.mul(relu6(tf.add(x, 3)), SIXTH);

const sigmoidNodes = (x: string, name: string, { scalar }: GraphModelScope, between: string): GraphDefNode[] => [
  graphNode('AddV2', `${between}/lifted`, [x, scalar('three', 3)]),
  graphNode('Relu6', `${between}/cut`, [`${between}/lifted`]),
  graphNode('Mul', name, [`${between}/cut`, scalar('sixth', SIXTH)]),
];

const hardSigmoidOf = (x: number): number => Math.min(6, Math.max(0, x + 3)) / 6;

export const hardSigmoid: Operation<'hardSigmoid', object> = {
  op: 'hardSigmoid',
  shape: ([from]) => from,
  forward: (_node, [x], { engine: { tf, ops } }) => sigmoidOf(tf, ops.relu6, x),
  freeze: () => ({}),
  frozen: {
    run: (_node, [x], _constants, tf) => sigmoidOf(tf, tf.relu6, x),
    toGraphModel: (_node, scope) => sigmoidNodes(scope.inputs[0], scope.name, scope, scope.name),
    toOnnx: (_node, { name, inputs }) => [onnxNode('HardSigmoid', name, inputs, { alpha: { float: SIXTH }, beta: { float: 0.5 } })],
    toInteger: ({ shape }, scope) => integerTable(scope, shape, hardSigmoidOf),
  },
};

export const hardSwish: Operation<'hardSwish', object> = {
  op: 'hardSwish',
  shape: ([from]) => from,
  forward: (_node, [x], { engine: { tf, ops } }) => tf.mul(x, sigmoidOf(tf, ops.relu6, x)),
  freeze: () => ({}),
  frozen: {
    run: (_node, [x], _constants, tf) => tf.mul(x, sigmoidOf(tf, tf.relu6, x)),
    toGraphModel: (_node, scope) => [
      ...sigmoidNodes(scope.inputs[0], `${scope.name}/gate`, scope, scope.name),
      graphNode('Mul', scope.name, [scope.inputs[0], `${scope.name}/gate`]),
    ],
    toOnnx: (_node, { name, inputs }) => [onnxNode('HardSwish', name, inputs)],
    toInteger: ({ shape }, scope) => integerTable(scope, shape, (x) => x * hardSigmoidOf(x)),
  },
};

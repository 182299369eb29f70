/** The sum of two activations of the same shape. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../../engines/engine.ts';
import { applyActivation, takeActivation } from './activation.ts';
import { graphNode, withActivation } from './graph-def.ts';
import { linearFixedPoint } from './fixed-point.ts';
import { integerBase, integerClamp } from './integer-def.ts';
import { onnxNode, withOnnxActivation } from './onnx-def.ts';
import type { Activation, Operation } from './operation.ts';

export const add: Operation<'add', object, { activation: Activation }> = {
  op: 'add',
  shape([a, b]) {
    if (String(a) !== String(b)) throw new Error(`cannot add activations of shapes [${a}] and [${b}]`);
    return a;
  },
  forward: (_node, [a, b], { engine }) => engine.tf.add(a, b),
  freeze: () => ({ activation: 'none' }),
  frozen: {
    run: ({ activation }, [a, b], _constants, tf) => activatedSum(tf, a, b, activation),
    toGraphModel: ({ activation }, { name, inputs }) => withActivation(name, activation, (name) => [graphNode('AddV2', name, inputs)]),
    toOnnx: ({ activation }, scope) => withOnnxActivation(scope, activation, (name) => [onnxNode('Add', name, scope.inputs)]),
    toInteger({ activation, shape }, scope) {
      const { inputs, output, largest } = scope;
      const { factors, shift } = linearFixedPoint(
        inputs.map(({ scale }) => scale / output.scale),
        [0, 0],
        2 * largest,
        largest,
      );
      const offset = output.zeroPoint * 2 ** shift - inputs.reduce((sum, { zeroPoint }, i) => sum + zeroPoint * factors[i], 0);
      return { op: 'add', ...integerBase(scope, shape), ...integerClamp(scope, activation), factors, offset, shift };
    },
    fuseActivation: takeActivation,
  },
};

/** Computes in one kernel if the backend has ours (`engines/webgpu/sum.ts`). */
function activatedSum(tf: Tfjs, a: Tensor, b: Tensor, activation: Activation): Tensor {
  if (activation === 'none' || !tf.getKernel('AddActivated', tf.getBackend())) return applyActivation(tf, activation, tf.add(a, b));
  return tf.engine().runKernel('AddActivated', { a, b }, { activation }) as Tensor;
}

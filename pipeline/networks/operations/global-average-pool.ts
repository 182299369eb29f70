/** The mean over all pixels: a feature map to a vector. */
import { graphNode, INT32 } from './graph-def.ts';
import { integerBase, integerClamp, integerMean } from './integer-def.ts';
import { onnxNode } from './onnx-def.ts';
import type { Operation } from './operation.ts';

export const globalAveragePool: Operation<'globalAveragePool', object> = {
  op: 'globalAveragePool',
  shape: ([from]) => [from[2]],
  forward: (_node, [x], { engine }) => engine.tf.mean(x, [1, 2]),
  freeze: () => ({}),
  frozen: {
    run: (_node, [x], _constants, tf) => tf.mean(x, [1, 2]),
    toGraphModel: (_node, { name, inputs, integers }) => [
      graphNode('Mean', name, [inputs[0], integers('axes', [1, 2])], { Tidx: INT32, keep_dims: { b: false } }),
    ],
    toOnnx: (_node, { name, inputs }) => [
      onnxNode('GlobalAveragePool', `${name}/pooled`, inputs),
      onnxNode('Flatten', name, [`${name}/pooled`], { axis: { int: 1 } }),
    ],
    toInteger({ shape }, scope) {
      const [height, width] = scope.inputs[0].shape;
      return {
        op: 'globalAveragePool',
        ...integerBase(scope, shape),
        ...integerClamp(scope, 'none'),
        ...integerMean(scope, height * width),
      };
    },
  },
};

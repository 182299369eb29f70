/** GELU, x·Φ(x), in the exact form that PyTorch's `nn.GELU()` has by default. */
import { normalDistribution } from '../../engines/transformer-ops.ts';
import { graphNode } from './graph-def.ts';
import { onnxNode } from './onnx-def.ts';
import type { Operation } from './operation.ts';

export const gelu: Operation<'gelu', object> = {
  op: 'gelu',
  shape: ([from]) => from,
  forward: (_node, [x], { engine }) => engine.ops.gelu(x),
  freeze: () => ({}),
  frozen: {
    noInteger: 'is a curve that a multiplication and a clamp do not give',
    run: (_node, [x], _constants, tf) => tf.mul(x, normalDistribution(tf, x)),
    toGraphModel(_node, { name, inputs: [x], scalar }) {
      const half = scalar('half', 0.5);
      return [
        graphNode('Mul', `${name}/argument`, [x, scalar('sqrt_half', Math.SQRT1_2)]),
        graphNode('Erf', `${name}/erf`, [`${name}/argument`]),
        graphNode('Mul', `${name}/halved`, [`${name}/erf`, half]),
        graphNode('AddV2', `${name}/below`, [`${name}/halved`, half]),
        graphNode('Mul', name, [x, `${name}/below`]),
      ];
    },
    // Opset 20 has it as one operator; the runtimes know this form of it and fuse it.
    toOnnx(_node, { name, inputs: [x], floats }) {
      const half = floats('half', Float32Array.of(0.5), []);
      return [
        onnxNode('Mul', `${name}/argument`, [x, floats('sqrt_half', Float32Array.of(Math.SQRT1_2), [])]),
        onnxNode('Erf', `${name}/erf`, [`${name}/argument`]),
        onnxNode('Mul', `${name}/halved`, [`${name}/erf`, half]),
        onnxNode('Add', `${name}/below`, [`${name}/halved`, half]),
        onnxNode('Mul', name, [x, `${name}/below`]),
      ];
    },
  },
};

/** GELU, x·Φ(x), in the exact form that PyTorch's `nn.GELU()` has by default. */
import { normalDistribution } from '../../engines/transformer-ops.ts';
import { graphNode } from './graph-def.ts';
import type { Operation } from './operation.ts';

export const gelu: Operation<'gelu', object> = {
  op: 'gelu',
  shape: ([from]) => from,
  forward: (_node, [x], { engine }) => engine.ops.gelu(x),
  freeze: () => ({}),
  frozen: {
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
  },
};

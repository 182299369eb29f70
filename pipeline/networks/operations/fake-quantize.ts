/**
 * An activation as the integer variant holds it (docs/integer-arithmetic.md), in training: rounded to its 128 levels, with the
 * gradient passing straight through. A frozen network has nothing of it: there, scales are the quantizer's.
 */
import { LARGEST_ACTIVATION } from '@sld-edge/runtime/integer';
import type { ActivationScale } from './integer-def.ts';
import type { Operation } from './operation.ts';

export const fakeQuantize: Operation<'fakeQuantize', ActivationScale> = {
  op: 'fakeQuantize',
  shape: ([from]) => from,
  forward: ({ scale, zeroPoint }, [x], { engine }) => engine.ops.fakeQuantize(x, scale, zeroPoint, LARGEST_ACTIVATION),
  freeze: () => undefined,
};

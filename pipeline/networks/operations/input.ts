/** The images, `[B, H, W, C]`, normalised. */
import { FLOAT } from './graph-def.ts';
import { integerAffine } from './integer-def.ts';
import type { ActivationShape, Operation } from './operation.ts';

interface Attributes {
  shapeOfImages: ActivationShape;
}

export const input: Operation<'input', Attributes> = {
  op: 'input',
  shape: (_inputs, { shapeOfImages }) => shapeOfImages,
  forward: (_node, [images]) => images,
  freeze: () => ({}),
  frozen: {
    run: (_node, [images]) => images,
    toGraphModel: ({ shape }, { name }) => {
      const dim = [-1, ...shape].map((size) => ({ size: String(size) }));
      return [{ op: 'Placeholder', name, attr: { dtype: FLOAT, shape: { shape: { dim } } } }];
    },
    // The graph itself states its inputs.
    toOnnx: () => [],
    toInteger: ({ shape }, scope) => ({
      op: 'input',
      ...integerAffine(scope, scope.pixels.factor, scope.pixels.offset, 'none', 'input'),
      shape,
    }),
  },
};

import type { IntegerShape } from './program.ts';

/** Numbers in an activation of this shape. */
export const sizeOfShape = (shape: IntegerShape): number => shape.reduce((product, size) => product * size, 1);

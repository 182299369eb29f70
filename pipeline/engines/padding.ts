/** Zeros around feature maps, as PyTorch and TensorFlow put them there, and in tfjs's terms. */
import { evenSides, type Sides } from '@sld-edge/runtime/integer';

/** Zeros around a map: as many at every side, as in PyTorch, or those of [top, left, bottom, right]. */
export type Padding = number | Sides;

export const sidesOf = (padding: Padding): Sides => (typeof padding === 'number' ? evenSides(padding) : padding);

/**
 * TensorFlow's SAME: ⌈size / stride⌉ outputs, and where an odd number of zeros is needed, one more below and to the right.
 * @returns one number where all sides are equal
 */
export function samePadding([height, width]: readonly number[], kernel: number, stride: number): Padding {
  const zeros = (size: number): number => Math.max(0, (Math.ceil(size / stride) - 1) * stride + kernel - size);
  const [down, across] = [zeros(height), zeros(width)];
  const sides: Sides = [Math.floor(down / 2), Math.floor(across / 2), Math.ceil(down / 2), Math.ceil(across / 2)];
  return sides.every((side) => side === sides[0]) ? sides[0] : sides;
}

/** Height and width of what windows of a padded map make, rounded down. */
export const windowCounts = ([height, width]: readonly number[], kernel: number, stride: number, padding: Padding): [number, number] => {
  const [top, left, bottom, right] = sidesOf(padding);
  return [Math.floor((top + height + bottom - kernel) / stride) + 1, Math.floor((left + width + right - kernel) / stride) + 1];
};

type ExplicitPadding = [[0, 0], [top: number, bottom: number], [left: number, right: number], [0, 0]];

/** The zeros of each side, which `tf.pad` and tfjs's windows take. */
export function explicitPadding(padding: Padding): ExplicitPadding {
  const [top, left, bottom, right] = sidesOf(padding);
  return [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ];
}

/** tfjs's explicit padding; 'valid' where there is none, which every kernel knows. */
export const windowPadding = (padding: Padding): 'valid' | ExplicitPadding => (padding === 0 ? 'valid' : explicitPadding(padding));

/** 'same' where it pads exactly so (an odd kernel at stride 1), which kernels know best; explicit otherwise. */
export function convolutionPadding(kernel: number, stride: number, padding: Padding): 'same' | ReturnType<typeof windowPadding> {
  return typeof padding === 'number' && stride === 1 && kernel === 2 * padding + 1 && padding > 0 ? 'same' : windowPadding(padding);
}

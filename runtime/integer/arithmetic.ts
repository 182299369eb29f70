/**
 * The arithmetic of the integer variant (docs/integer-arithmetic.md): what every implementation computes, to the bit. Only 32-bit
 * integers are needed, because WGSL has no others; `Math.imul` is their product.
 */

/** Bits of an activation, a property of a program: 7 are all that the second operand of WebAssembly's relaxed dot product carries everywhere. */
export type ActivationBits = 7 | 8;

/** The largest value of an activation. */
export const largestActivation = (bits: ActivationBits): number => 2 ** bits - 1;

/** Largest activation of programs that don't say otherwise. */
export const LARGEST_ACTIVATION = largestActivation(7);

/** The largest multiplier: 15 bits, so that its product with 16 bits of an accumulator fits 32. */
export const LARGEST_MULTIPLIER = 2 ** 15 - 1;

/** Shifts of `requantize`: of a program of version 1. */
export const SHIFT_RANGE = [1, 46] as const;

/** Range of shifts with a multiplier, in programs of version 2: `requantizeConstant` is a whole number below 2^30. */
export const MULTIPLIED_SHIFTS = [17, 32] as const;

/** Range of shifts without a multiplier (R(x, 1, s)), in programs of version 2: the constant is 2^(32-s), below 2^31. */
export const PLAIN_SHIFTS = [2, 30] as const;

/** Shift from which on the product is computed in two halves and any accumulator will do; below it the product itself must fit. */
export const SHIFT_OF_HALVES = 17;

/** Bound of |accumulator| · multiplier for shifts below `SHIFT_OF_HALVES`, which leaves room for the half that rounds. */
export const LARGEST_PRODUCT = 2 ** 30;

/**
 * ⌊(accumulator · multiplier + 2^(shift-1)) / 2^shift⌋: the quotient rounded to the nearest integer, halves upwards. This is the
 * one rounding of the integer variant.
 *
 * From a shift of 17 on, with accumulator = high · 2^16 + low and 0 ≤ low < 2^16, the half is a whole multiple of 2^16, and so
 * ⌊(high · m + ⌊low · m / 2^16⌋ + 2^(shift-17)) / 2^(shift-16)⌋ is the same number.
 *
 * @param accumulator int32; with a shift below 17, |accumulator| · multiplier < 2^30
 * @param multiplier 0 to 2^15 - 1
 * @param shift 1 to 46
 */
export function requantize(accumulator: number, multiplier: number, shift: number): number {
  if (shift < SHIFT_OF_HALVES) return (Math.imul(accumulator, multiplier) + (1 << (shift - 1))) >> shift;
  const high = Math.imul(accumulator >> 16, multiplier);
  const low = Math.imul(accumulator & 0xffff, multiplier) >> 16;
  return (high + low + (1 << (shift - 17))) >> (shift - 16);
}

/**
 * The constant with which ⌊(accumulator · constant + 2^31) / 2^32⌋ is `requantize(accumulator, multiplier, shift)`: the form for
 * vectors, because the shift is the same in every lane.
 * @param shift 17 to 32, with a multiplier of 1 from 2 on
 * @returns an integer below 2^31
 */
export const requantizeConstant = (multiplier: number, shift: number): number => multiplier * 2 ** (32 - shift);

/** `value` brought into `[low, high]`. */
export function clamp(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value;
}

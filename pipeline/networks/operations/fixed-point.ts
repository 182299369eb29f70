/** Real factors as the integers of docs/integer-arithmetic.md: the most precise ones that no accumulator overflows with. */
import { LARGEST_MULTIPLIER, LARGEST_PRODUCT, MULTIPLIED_SHIFTS, PLAIN_SHIFTS } from '@sld-edge/runtime/integer';

/** Smallest multiplier: below it the multiplier's own rounding, half a step of it, would show among 127 levels. */
const SMALLEST_MULTIPLIER = 128;

export interface FixedPoint {
  multiplier: number;
  shift: number;
}

/** Largest factor: above it no multiplier of 15 bits is near enough at the shortest shift. */
export const LARGEST_FACTOR = (LARGEST_MULTIPLIER + 0.5) / 2 ** MULTIPLIED_SHIFTS[0];

/**
 * multiplier / 2^shift ≈ factor, for `requantize`.
 * @param factor positive, up to `LARGEST_FACTOR`
 * @throws Error if no multiplier is precise enough
 */
export function fixedPoint(factor: number): FixedPoint {
  for (let shift = MULTIPLIED_SHIFTS[1]; shift >= MULTIPLIED_SHIFTS[0]; shift--) {
    const multiplier = Math.round(factor * 2 ** shift);
    if (multiplier > LARGEST_MULTIPLIER) continue;
    if (multiplier < SMALLEST_MULTIPLIER) break;
    return { multiplier, shift };
  }
  throw new Error(
    `no fixed-point multiplier for a factor of ${factor}: expected ${SMALLEST_MULTIPLIER / 2 ** MULTIPLIED_SHIFTS[1]} to ${LARGEST_FACTOR}`,
  );
}

export interface LinearFixedPoint {
  factors: number[];
  offsets: number[];
  shift: number;
}

/**
 * Integers for x ↦ factor[c]·x + offset[c], of one shift: R(x · factors[c] + offsets[c], 1, shift).
 * What lies so far outside 0 to `largestOutput` that it is cut off for every x is moved as near as stays cut off.
 * @param largest the largest |x|, where Σ x of several inputs share an offset the largest of their sum
 * @param largestOutput the program's largest activation
 * @throws Error if no shift will do
 */
export function linearFixedPoint(factors: number[], offsets: number[], largest: number, largestOutput: number): LinearFixedPoint {
  const steepest = factors.reduce((most, factor) => Math.max(most, Math.abs(factor)), 0);
  const farthest = 2 * largestOutput + largest * steepest;
  for (let shift = 24; shift >= PLAIN_SHIFTS[0]; shift--) {
    const unit = 2 ** shift;
    if (steepest * unit > LARGEST_MULTIPLIER || (largest * steepest + farthest) * unit >= LARGEST_PRODUCT / 2) continue;
    const within = (offset: number): number => Math.max(-farthest, Math.min(farthest, offset));
    return {
      factors: factors.map((factor) => Math.round(factor * unit)),
      offsets: offsets.map((offset) => Math.round(within(offset) * unit)),
      shift,
    };
  }
  throw new Error(`no fixed-point factors for factors up to ${steepest}`);
}

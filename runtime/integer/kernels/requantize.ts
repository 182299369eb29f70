/** The one rounding (docs/integer-arithmetic.md) on lanes: R(a, m, s) + z = (a · c + (2^31 + z · 2^32)) >> 32. */
import { requantizeConstant } from '../arithmetic.ts';
import type { Code, Local } from '../../wasm/assembler.ts';
import { vector } from '../../wasm/integers.ts';
import { statements } from './kernel-builder.ts';

/** Fields of a kernel of weighted sums, after those of its input. */
export const WEIGHTED_FIELDS = [
  'weights',
  'bias',
  'constants',
  'y',
  'yRow',
  'yStep',
  'columns',
  'blocks',
  'half',
  'halfHigh',
  'low',
  'high',
] as const;

/** The one rounding as kernels have it: their instructions, for four lanes or one number, and the words that a plan gives them. */
export interface KernelRounding {
  /** R(a, m, s) + z. @param half `half` and `halfHigh` as 64 bits, in both lanes */
  round(accumulators: Code, constants: Code, half: Code): Code;
  /** Sums that the words of `sum` are a part of. @param shift the word */
  shifted(sums: Code, shift: Code): Code;
  /** The word of a multiplier and its shift. @throws NeedsDoubles */
  constant(multiplier: number, shift: number): number;
  half(zeroPoint: number): { half: number; halfHigh: number };
  /** Words of a sum without a multiplier. @param bound of its magnitude @throws NeedsDoubles */
  sum(bound: number, offset: number, shift: number): { offset: number; shift: number };
}

/** A shift of version 1 for which there is no word of 32 bits: kernels that round by doubles compute it. */
export class NeedsDoubles extends Error {}

function wordOf(value: number): number {
  if (value !== (value | 0)) throw new NeedsDoubles('a shift of version 1');
  return value;
}

/** Whole numbers alone. */
export const halves: KernelRounding = {
  round: (accumulators, constants, half) =>
    vector.upperHalves(
      vector.add64(vector.mulLow32(accumulators, constants), half),
      vector.add64(vector.mulHigh32(accumulators, constants), half),
    ),
  shifted: vector.shiftRight32,
  constant: (multiplier, shift) => wordOf(requantizeConstant(multiplier, shift)),
  half: (zeroPoint) => ({ half: -(2 ** 31), halfHigh: zeroPoint }),
  sum(bound, offset, shift) {
    const half = 2 ** (shift - 1);
    wordOf(bound + half);
    return { offset: offset + half, shift };
  },
};

export interface Clamp {
  low: Code;
  high: Code;
}

/** Lanes of 16 bits within [low, high]. */
export const clamp16 = (value: Code, { low, high }: Clamp): Code => vector.min16(vector.max16(value, low), high);

/**
 * Eight accumulators, in two vectors, as eight activations in lanes of 16 bits. What 16 bits do not hold is cut off on the way,
 * on the side on which the clamp would have cut it off.
 */
export const requantize8 = (
  { round }: KernelRounding,
  [low, high]: [Code, Code],
  [constantsLow, constantsHigh]: [Code, Code],
  half: Code,
  clamp: Clamp,
): Code => clamp16(vector.narrow32(round(low, constantsLow, half), round(high, constantsHigh, half)), clamp);

export interface Sum {
  /** Both factors in each lane of 32 bits: the first in its lower half. */
  factors: Code;
  /** Words of the rounding. */
  offset: Code;
  shift: Code;
  clamp: Clamp;
}

/** clamp(R(x · f₁ + y · f₂ + offset, 1, shift)) of eight activations each. @param into receives x */
export function addScaled({ shifted }: KernelRounding, into: Local, x: Code, y: Local, sum: Sum): { before: Code; value: Code } {
  const half = (zip: (a: Code, b: Code) => Code): Code =>
    shifted(vector.add32(vector.dot16(zip(into.get, y.get), sum.factors), sum.offset), sum.shift);
  return { before: statements(into.set(x)), value: clamp16(vector.narrow32(half(vector.zipLow16), half(vector.zipHigh16)), sum.clamp) };
}

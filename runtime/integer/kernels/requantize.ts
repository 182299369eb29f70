/** The one rounding (docs/integer-arithmetic.md) on lanes: R(a, m, s) + z = (a · c + (2^31 + z · 2^32)) >> 32. */
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

/** Four accumulators by four constants. @param half 2^31 + z · 2^32 in both lanes */
export const requantize4 = (accumulators: Code, constants: Code, half: Code): Code =>
  vector.upperHalves(
    vector.add64(vector.mulLow32(accumulators, constants), half),
    vector.add64(vector.mulHigh32(accumulators, constants), half),
  );

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
export const requantize8 = ([low, high]: [Code, Code], [constantsLow, constantsHigh]: [Code, Code], half: Code, clamp: Clamp): Code =>
  clamp16(vector.narrow32(requantize4(low, constantsLow, half), requantize4(high, constantsHigh, half)), clamp);

export interface Sum {
  /** Both factors in each lane of 32 bits: the first in its lower half. */
  factors: Code;
  /** Offset with the half that rounds. */
  offset: Code;
  shift: Code;
  clamp: Clamp;
}

/** clamp((x · f₁ + y · f₂ + offset) >> shift) of eight activations each. @param into receives x */
export function addScaled(into: Local, x: Code, y: Local, sum: Sum): { before: Code; value: Code } {
  const half = (zip: (a: Code, b: Code) => Code): Code =>
    vector.shiftRight32(vector.add32(vector.dot16(zip(into.get, y.get), sum.factors), sum.offset), sum.shift);
  return { before: statements(into.set(x)), value: clamp16(vector.narrow32(half(vector.zipLow16), half(vector.zipHigh16)), sum.clamp) };
}

/** Parts that the resizer's loops share: weighted sums of levels, by SIMD's dot product of 16-bit numbers. */
import { i32, type Code, type Local } from '../../wasm/assembler.ts';
import { WEIGHT_BITS } from '../filter-weights.ts';
import { i16, i32x4, u8 } from './lanes.ts';

/** A weight is `high · 2^LOW_BITS + low`, two signed numbers of 16 bits. */
const LOW_BITS = 8;
/** Added to a sum, makes the shift that ends it round to the nearest level. */
export const ROUNDING = 1 << (WEIGHT_BITS - 1);

/** Two neighbours' weights as four numbers: the high parts of both, the low parts of both. */
export function writeSplit(to: Int16Array, pair: number, half: number, weight: number): void {
  to[4 * pair + half] = weight >> LOW_BITS;
  to[4 * pair + 2 + half] = weight & ((1 << LOW_BITS) - 1);
}

/** The sum of products with both parts. */
export const joined = (high: Local, low: Local): Code => i32x4.add(i32x4.shiftLeft(high.get, LOW_BITS), low.get);
/** Sums, `ROUNDING` added, to levels; not yet limited to 255. */
export const toLevels = (sums: Code): Code => i32x4.shiftRight(sums, WEIGHT_BITS);
export const addDot = (sum: Local, levels: Code, weights: Code): Code => sum.set(i32x4.add(sum.get, i16.dot(levels, weights)));

/** Sixteen bytes of levels, limited to 255, of four sums of four. */
export const narrowed = ([a, b, c, d]: readonly Code[]): Code =>
  i16.narrow(i32x4.narrow(toLevels(a), toLevels(b)), i32x4.narrow(toLevels(c), toLevels(d)));

/** Bytes of two RGB pixels. */
export const PAIR_BYTES = 6;
/**
 * Lanes of two RGB pixels: reds, greens and blues as 16-bit lanes, side by side; their dot product has red, green and blue in three lanes.
 */
export const pixelPair = (bytes: Code, pair: 0 | 1): Code =>
  u8.swizzle(bytes, [...[0, 3, 1, 4, 2, 5].flatMap((byte) => [pair * PAIR_BYTES + byte, u8.NONE]), ...new Array<number>(4).fill(u8.NONE)]);

/** Rows that the loops along rows take at a time; they share the loads of the weights. */
export const ROWS_AT_ONCE = 4;
/** Writes a pixel, three of four bytes of `levels`, into each of the rows, from `to` on. */
export const storePixels = (to: Local, stride: Code, levels: Local): Code =>
  Array.from({ length: ROWS_AT_ONCE }, (_, row) => [
    ...u8.storePair(to.get, levels.get, 2 * row),
    ...u8.storeOne(to.get, levels.get, 4 * row + 2, 2),
    ...increase(to, stride),
  ]).flat();

export const increase = (local: Local, by: Code): Code => local.set(i32.add(local.get, by));
export const increaseBy = (local: Local, by: number): Code => increase(local, i32.constant(by));

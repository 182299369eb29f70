/** Random values that the fuzzer draws from its seed. */
import { createRandom } from '../../../pipeline/data/augmentation/index.ts';

export interface Draw {
  /** A whole number in [0, below). */
  below(below: number): number;
  chance(share: number): boolean;
  of<Value>(values: readonly Value[]): Value;
  /** A side: small ones as likely as large ones, and now and then one beside a limit. */
  side(largest: number): number;
}

/** Borders of formats, decoders and our limits, and a step beyond. */
const BORDERS = [1, 2, 255, 256, 16_383, 16_384, 32_767, 32_768, 32_769, 65_535, 65_536, 70_000];

export function createDraw(seed: number, file: number): Draw {
  const random = createRandom(seed, file);
  const below = (limit: number): number => random.integer(limit);
  const of = <Value>(values: readonly Value[]): Value => values[below(values.length)];
  return {
    below,
    of,
    chance: (share) => random.next() < share,
    side: (largest) => Math.min(largest, random.next() < 0.2 ? of(BORDERS) : Math.floor(largest ** random.next())) || 1,
  };
}

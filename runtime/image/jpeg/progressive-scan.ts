import { LOOKUP_BITS, WINDOW_BITS, type HuffmanTable } from './huffman-table.ts';

/** Part of its blocks that a progressive scan sends (ITU-T T.81, G.1.1.1). */
export interface ProgressiveScan {
  /** First and last coefficient. */
  from: number;
  to: number;
  /** Bits that were still to come, 0 if nothing was sent yet; and those that are to come after it. */
  high: number;
  low: number;
}

/** Bits of the coefficients in a component's blocks that are known not to be 0: two words of 32 a block. */
export type NonZero = Uint32Array;

/** Bits of a restart interval, from the highest of each byte on; zeros behind the end. */
class Bits {
  private at = 0;
  private bit = 0;
  private readonly data: Uint8Array;
  private readonly length: number;

  constructor(data: Uint8Array, length: number) {
    this.data = data;
    this.length = length;
  }

  /** The next 16. */
  window(): number {
    const { data, at, bit } = this;
    return (((data[at] << 16) | (data[at + 1] << 8) | data[at + 2]) >> (8 - bit)) & 0xffff;
  }

  skip(count: number): void {
    const bit = this.bit + count;
    this.at += bit >> 3;
    this.bit = bit & 7;
  }

  /** @param count - at most 16 */
  read(count: number): number {
    const value = count === 0 ? 0 : this.window() >> (16 - count);
    this.skip(count);
    return value;
  }

  /** @returns -1 if no code stands here */
  symbol(table: HuffmanTable): number {
    const lookup = table.lookup('symbol');
    const window = this.window();
    let found = lookup[window >> (WINDOW_BITS - LOOKUP_BITS)];
    if (found === 0) {
      found = table.at(window);
      if (found > 0 && found >> 8 <= LOOKUP_BITS) lookup[window >> (WINDOW_BITS - LOOKUP_BITS)] = found;
    }
    if (found < 0) return -1;
    this.skip(found >> 8);
    return found & 255;
  }

  /** Bytes begun; -1 if more was read than there is. */
  position(): number {
    const begun = this.bit > 0 ? this.at + 1 : this.at;
    return begun > this.length ? -1 : begun;
  }

  get isExhausted(): boolean {
    return this.position() < 0;
  }
}

/** First bits of the first coefficients: of each block a code and a number. @param unit - the tables of a unit's blocks */
export function walkFirstDc(data: Uint8Array, length: number, unit: readonly HuffmanTable[], units: number): number {
  const bits = new Bits(data, length);
  for (let i = 0; i < units && !bits.isExhausted; i++) {
    for (const table of unit) {
      const size = bits.symbol(table);
      if (size < 0 || size > 15) return -1;
      bits.skip(size);
    }
  }
  return bits.position();
}

/** One more bit of the first coefficient of each block. */
export function walkMoreDc(length: number, blocks: number): number {
  const bytes = Math.ceil(blocks / 8);
  return bytes > length ? -1 : bytes;
}

/**
 * First bits of other coefficients of a run of blocks (T.81, G.1.2.2).
 *
 * @param nonZero - of the component's blocks; marked
 * @param first - the run's first block
 */
export function walkFirstAc(
  data: Uint8Array,
  length: number,
  table: HuffmanTable,
  { from, to }: ProgressiveScan,
  nonZero: NonZero,
  first: number,
  blocks: number,
): number {
  const bits = new Bits(data, length);
  for (let block = first; block < first + blocks; block++) {
    for (let k = from; k <= to; k++) {
      const symbol = bits.symbol(table);
      if (symbol < 0) return -1;
      const [run, size] = [symbol >> 4, symbol & 15];
      if (size === 0 && run < 15) {
        // This block and so many more have nothing further.
        block += (1 << run) + bits.read(run) - 1;
        break;
      }
      k += run;
      if (size === 0) continue;
      if (k > to) return -1;
      bits.skip(size);
      nonZero[2 * block + (k >> 5)] |= 1 << (k & 31);
    }
    if (bits.isExhausted || block >= first + blocks) return -1;
  }
  return bits.position();
}

/** One more bit of other coefficients: of those that are not 0 it follows; others may become so (T.81, G.1.2.3). */
export function walkMoreAc(
  data: Uint8Array,
  length: number,
  table: HuffmanTable,
  { from, to }: ProgressiveScan,
  nonZero: NonZero,
  first: number,
  blocks: number,
): number {
  const bits = new Bits(data, length);
  const isNonZero = (block: number, k: number): boolean => ((nonZero[2 * block + (k >> 5)] >>> (k & 31)) & 1) === 1;
  let without = 0;
  for (let block = first; block < first + blocks; block++) {
    let k = from;
    while (without === 0 && k <= to) {
      const symbol = bits.symbol(table);
      if (symbol < 0 || (symbol & 15) > 1) return -1;
      const [run, size] = [symbol >> 4, symbol & 15];
      if (size === 0 && run < 15) {
        without = (1 << run) + bits.read(run);
        break;
      }
      // Its sign.
      if (size > 0) bits.skip(1);
      for (let zeros = run; k <= to; k++) {
        if (isNonZero(block, k)) bits.skip(1);
        else if (zeros-- === 0) break;
      }
      if (size > 0) {
        if (k > to) return -1;
        nonZero[2 * block + (k >> 5)] |= 1 << (k & 31);
      }
      k++;
    }
    if (without > 0) {
      bits.skip(countNonZero(nonZero, block, k, to));
      without--;
    }
    if (bits.isExhausted) return -1;
  }
  return without > 0 ? -1 : bits.position();
}

function countNonZero(nonZero: NonZero, block: number, from: number, to: number): number {
  let count = 0;
  for (let word = from >> 5; word <= to >> 5; word++) {
    let bits = nonZero[2 * block + word];
    if (word === from >> 5) bits &= -1 << (from & 31);
    if (word === to >> 5 && (to & 31) < 31) bits &= (1 << ((to & 31) + 1)) - 1;
    for (; bits !== 0; bits &= bits - 1) count++;
  }
  return count;
}

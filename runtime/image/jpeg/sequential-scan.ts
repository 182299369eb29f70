import { type HuffmanTable, LOOKUP_BITS, WINDOW_BITS } from './huffman-table.ts';

/** The tables that one block of a scan's unit is coded with. */
export interface BlockTables {
  dc: HuffmanTable;
  ac: HuffmanTable;
}

/** Bits of a window that a lookup does not see: a longer lookup finds more codes at once, and needs more memory. */
const UNSEEN_BITS = WINDOW_BITS - LOOKUP_BITS;

/** Result for 16 bits that begin with no code. */
const NO_CODE = -1;
/** Number of coefficients that never reach over a block's end behind its first one. */
const MOST_AT_ONCE = 48;

/**
 * Walks over the codes of sequential blocks (ITU-T T.81, F.2.2), without computing a coefficient: a code says how many bits
 * follow it and how many coefficients it stands for, and several at a time are looked up by 16 bits.
 *
 * @param length - of the data, in bytes; some zeros follow
 * @param unit - the blocks of one unit, in order
 * @returns where the units end: bytes begun; -1 if a code is none, a block has more than 64 coefficients, or the data end before
 */
export function walkSequential(data: Uint8Array, length: number, unit: readonly BlockTables[], units: number): number {
  const firstLookups = unit.map(({ dc, ac }) => dc.lookup(ac));
  const otherLookups = unit.map(({ ac }) => ac.lookup('others'));
  const blocks = unit.length;
  let at = 0;
  let bit = 0;
  for (let i = 0; i < units; i++) {
    for (let block = 0; block < blocks; block++) {
      let window = (((data[at] << 16) | (data[at + 1] << 8) | data[at + 2]) >> (8 - bit)) & 0xffff;
      let codes = firstLookups[block][window >> UNSEEN_BITS];
      if (codes === 0) codes = findFirst(unit[block], firstLookups[block], window);
      if (codes < 0) return -1;
      bit += codes & 31;
      let k = 1 + ((codes >> 5) & 127);
      if (k < 64 && (codes & ENDS) === 0) {
        const lookup = otherLookups[block];
        do {
          at += bit >> 3;
          bit &= 7;
          window = (((data[at] << 16) | (data[at + 1] << 8) | data[at + 2]) >> (8 - bit)) & 0xffff;
          codes = lookup[window >> UNSEEN_BITS];
          if (codes === 0) codes = findOthers(unit[block].ac, lookup, window);
          if (codes < 0) return -1;
          let coefficients = (codes >> 5) & 127;
          // Where the block ends among these codes, only the first one is sure to be of it.
          if (k + coefficients > ((codes & ENDS) === 0 ? 64 : 63)) {
            codes >>= SINGLE;
            coefficients = (codes >> 5) & 31;
            if (k + coefficients > 64) return -1;
            codes = (codes & 31) | (((codes >> 10) & 1) << 12);
          }
          bit += codes & 31;
          k += coefficients;
        } while (k < 64 && (codes & ENDS) === 0);
      }
      at += bit >> 3;
      bit &= 7;
    }
    if (at >= length && (at > length || bit > 0)) return -1;
  }
  return bit > 0 ? at + 1 : at;
}

/** Flag of codes that end their block, behind 5 bits for bits and 7 for coefficients. */
const ENDS = 1 << 12;
/** Position of the same fields for the first code alone: 5, 5 and 1 bits. */
const SINGLE = 13;

/** Decodes a block's first coefficient and the codes behind it: bits, further coefficients, whether the block ends. */
function findFirst({ dc, ac }: BlockTables, lookup: Int32Array, window: number): number {
  const found = dc.at(window);
  const size = found & 255;
  if (found < 0 || size > 15) return NO_CODE;
  const length = found >> 8;
  const { bits, coefficients, ends } = wholeCodes(ac, window, length + size, LOOKUP_BITS);
  const codes = bits | (coefficients << 5) | (ends ? ENDS : 0);
  if (length <= LOOKUP_BITS) lookup[window >> UNSEEN_BITS] = codes;
  return codes;
}

/** Number of images, answered or not. */
function findOthers(ac: HuffmanTable, lookup: Int32Array, window: number): number {
  const seen = wholeCodes(ac, window, 0, LOOKUP_BITS);
  const { bits, coefficients, ends, single } = seen.bits > 0 ? seen : wholeCodes(ac, window, 0, WINDOW_BITS);
  if (bits === 0) return NO_CODE;
  const codes = bits | (coefficients << 5) | (ends ? ENDS : 0) | (single << SINGLE);
  if (seen.bits > 0) lookup[window >> UNSEEN_BITS] = codes;
  return codes;
}

/**
 * The codes that are whole among the first `visible` bits of a window. Their bits include those of the numbers behind them, which
 * may be further back.
 */
function wholeCodes(
  ac: HuffmanTable,
  window: number,
  from: number,
  visible: number,
): { bits: number; coefficients: number; ends: boolean; single: number } {
  let [bits, coefficients, ends, single] = [from, 0, false, 0];
  while (bits < visible && coefficients < MOST_AT_ONCE && !ends) {
    const found = ac.at((window << bits) & 0xffff);
    const length = found >> 8;
    if (found < 0 || bits + length > visible) break;
    const [run, size] = [(found >> 4) & 15, found & 15];
    bits += length + size;
    if (size > 0) coefficients += run + 1;
    else if (run === 15) coefficients += 16;
    else ends = true;
    single ||= bits | (coefficients << 5) | ((ends ? 1 : 0) << 10);
  }
  return { bits, coefficients, ends, single };
}

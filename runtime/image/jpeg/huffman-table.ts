import type { ByteReader } from '../inspect/byte-reader.ts';
import type { JpegSegment } from './segments.ts';

/** The longest code. */
export const WINDOW_BITS = 16;
/** Bits that a lookup sees at once. */
export const LOOKUP_BITS = 11;

/**
 * Lookups by a window's first bits: of first coefficients with the table of the others, of the others in sequential blocks, of single
 * symbols.
 */
type Lookup = HuffmanTable | 'others' | 'symbol';

/** A Huffman table of a JPEG (ITU-T T.81, annex C): which code stands at the front of 16 bits. */
export class HuffmanTable {
  private readonly symbols: Uint8Array;
  /** Limits by length: the code behind the last one, moved to the front of 16 bits; and what turns a code into its symbol's place. */
  private readonly limits = new Int32Array(WINDOW_BITS + 1);
  private readonly offsets = new Int32Array(WINDOW_BITS + 1);
  private readonly lookups = new Map<Lookup, Int32Array>();

  /**
   * @param counts - codes of 1 to 16 bits
   * @throws RangeError if there are more codes than bits can tell apart
   */
  constructor(counts: ArrayLike<number>, symbols: Uint8Array) {
    this.symbols = symbols;
    for (let length = 1, code = 0, place = 0; length <= WINDOW_BITS; length++) {
      this.offsets[length] = place - code;
      code += counts[length - 1];
      place += counts[length - 1];
      if (code > 1 << length) throw new RangeError('too many codes');
      this.limits[length] = code << (WINDOW_BITS - length);
      code <<= 1;
    }
  }

  /** Returns the table of results for each window: its user fills it, and 0 is not filled yet. There is one for each way to walk. */
  lookup(of: Lookup): Int32Array {
    const lookup = this.lookups.get(of) ?? new Int32Array(1 << LOOKUP_BITS);
    this.lookups.set(of, lookup);
    return lookup;
  }

  /** The code at the front of a window: its length in bits times 256, plus its symbol; -1 if there is none. */
  at(window: number): number {
    for (let length = 1; length <= WINDOW_BITS; length++) {
      if (window < this.limits[length]) return length * 256 + this.symbols[this.offsets[length] + (window >> (WINDOW_BITS - length))];
    }
    return -1;
  }
}

/** The tables that scans choose among: four for first coefficients, four for the others. */
export interface HuffmanTables {
  dc: (HuffmanTable | undefined)[];
  ac: (HuffmanTable | undefined)[];
}

/** Reads the tables that a segment defines (T.81, B.2.4.2). @throws AppError IMAGE_UNDECODABLE, IMAGE_TRUNCATED */
export function readHuffmanTables(reader: ByteReader, { start, end }: JpegSegment, tables: HuffmanTables): void {
  reader.require(start, end - start);
  for (let at = start; at < end;) {
    const [kind, which] = [reader.bytes[at] >> 4, reader.bytes[at] & 15];
    const counts = reader.bytes.subarray(at + 1, at + 1 + WINDOW_BITS);
    const symbols = counts.reduce((sum, count) => sum + count, 0);
    at += 1 + WINDOW_BITS + symbols;
    if (kind > 1 || which > 3 || symbols > 256 || at > end) throw reader.damaged();
    try {
      tables[kind === 0 ? 'dc' : 'ac'][which] = new HuffmanTable(counts, reader.bytes.subarray(at - symbols, at));
    } catch {
      throw reader.damaged();
    }
  }
}

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16));
const SMALL_NUMBERS = '000102030405060708090a0b';

let standard: HuffmanTables | undefined;

/** The tables of T.81, K.3, which decoders take where a sequential file has none: cameras that write motion JPEG leave them out. */
export function standardTables(): HuffmanTables {
  return (standard ??= {
    dc: [
      new HuffmanTable([0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0], bytesOf(SMALL_NUMBERS)),
      new HuffmanTable([0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0], bytesOf(SMALL_NUMBERS)),
    ],
    ac: [
      new HuffmanTable(
        [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125],
        bytesOf(
          '01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a434445464748494a535455565758595a63646566' +
            '6768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1' +
            'f2f3f4f5f6f7f8f9fa',
        ),
      ),
      new HuffmanTable(
        [0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119],
        bytesOf(
          '000102031104052131061241510761711322328108144291a1b1c109233352f0156272d10a162434e125f11718191a262728292a35363738393a434445464748494a535455565758595a6364656' +
            '66768696a737475767778797a82838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2' +
            'f3f4f5f6f7f8f9fa',
        ),
      ),
    ],
  });
}

/** What is kept of each image beside its pixels: one entry of fixed size in `index.bin`. */

/** SHA-256 of the file; sums and sums of squares of the three channels as float64 (whole numbers, exact); the state. */
export const ENTRY_BYTES = 32 + 3 * 8 + 3 * 8 + 8;
const SUMS_AT = 32;
const SQUARES_AT = SUMS_AT + 3 * 8;
const STATE_AT = SQUARES_AT + 3 * 8;

/** An image that is not decoded yet has no state: the file is made of zeros. */
export const STATE = { decoded: 1, unreadable: 2 } as const;

export const CHANNELS = 3;

/** Writes the entry of one image at its place among others. The state comes last, so that a cut-off write leaves none. */
export function writeEntry(entries: Uint8Array, at: number, sha256: Uint8Array, pixels: Uint8Array): void {
  const view = new DataView(entries.buffer, entries.byteOffset + at * ENTRY_BYTES, ENTRY_BYTES);
  entries.set(sha256, at * ENTRY_BYTES);
  for (let c = 0; c < CHANNELS; c++) {
    let sum = 0;
    let squares = 0;
    for (let i = c; i < pixels.length; i += CHANNELS) {
      sum += pixels[i];
      squares += pixels[i] * pixels[i];
    }
    view.setFloat64(SUMS_AT + 8 * c, sum, true);
    view.setFloat64(SQUARES_AT + 8 * c, squares, true);
  }
  view.setUint8(STATE_AT, STATE.decoded);
}

export function writeUnreadable(entries: Uint8Array, at: number): void {
  entries.fill(0, at * ENTRY_BYTES, (at + 1) * ENTRY_BYTES);
  entries[at * ENTRY_BYTES + STATE_AT] = STATE.unreadable;
}

/** `index.bin` in memory while a cache is made: 88 bytes an image. */
export class DecodedIndex {
  readonly count: number;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.count = bytes.length / ENTRY_BYTES;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  isDecoded(index: number): boolean {
    return this.bytes[index * ENTRY_BYTES + STATE_AT] === STATE.decoded;
  }

  sha256(index: number): Uint8Array {
    return this.bytes.subarray(index * ENTRY_BYTES, index * ENTRY_BYTES + 32);
  }

  entries(first: number, count: number): Uint8Array {
    return this.bytes.subarray(first * ENTRY_BYTES, (first + count) * ENTRY_BYTES);
  }

  set(first: number, entries: Uint8Array): void {
    this.bytes.set(entries, first * ENTRY_BYTES);
  }

  /** Sums and sums of squares of the images at `indices`, a channel each. */
  channelSums(indices: Uint32Array): { sums: number[]; squares: number[] } {
    const sums = new Array<number>(CHANNELS).fill(0);
    const squares = new Array<number>(CHANNELS).fill(0);
    for (const index of indices) {
      for (let c = 0; c < CHANNELS; c++) {
        sums[c] += this.view.getFloat64(index * ENTRY_BYTES + SUMS_AT + 8 * c, true);
        squares[c] += this.view.getFloat64(index * ENTRY_BYTES + SQUARES_AT + 8 * c, true);
      }
    }
    return { sums, squares };
  }
}

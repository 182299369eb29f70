/** Record of each image beside its pixels: one entry of fixed size in `index.bin`. */
import { OUTLINE_BYTES } from './outline.ts';

/**
 * SHA-256 of the file; SHA-256 of its decoded pixels; the outline (outline.ts); sums and sums of squares of the three channels
 * as float64 (whole numbers, exact); the state.
 */
export const ENTRY_BYTES = 32 + 32 + OUTLINE_BYTES + 3 * 8 + 3 * 8 + 8;
const PIXELS_AT = 32;
const OUTLINE_AT = PIXELS_AT + 32;
const SUMS_AT = OUTLINE_AT + OUTLINE_BYTES;
const SQUARES_AT = SUMS_AT + 3 * 8;
const STATE_AT = SQUARES_AT + 3 * 8;

/** An image that is not decoded yet has no state: the file is made of zeros. */
export const STATE = { decoded: 1, unreadable: 2 } as const;

export const RGB_CHANNELS = 3;

/** A record of `images.bin`: the image, `height` by `width`; then the larger square of `viewSide` (0: none) that views are cut from. */
export interface RecordSize {
  height: number;
  width: number;
  viewSide: number;
}

export const imageBytesOf = ({ height, width }: Pick<RecordSize, 'height' | 'width'>): number => height * width * RGB_CHANNELS;

export const recordBytesOf = (size: RecordSize): number => imageBytesOf(size) + size.viewSide ** 2 * RGB_CHANNELS;

export interface ImageDigests {
  /** SHA-256 of the file. */
  file: Uint8Array;
  /** SHA-256 of width, height and pixels before any resizing: the same for the same picture in other bytes. */
  pixels: Uint8Array;
  outline: Uint8Array;
}

/** Writes the entry of one image at its place among others. The state comes last, so that a cut-off write leaves none. */
export function writeEntry(entries: Uint8Array, at: number, digests: ImageDigests, pixels: Uint8Array): void {
  const view = new DataView(entries.buffer, entries.byteOffset + at * ENTRY_BYTES, ENTRY_BYTES);
  entries.set(digests.file, at * ENTRY_BYTES);
  entries.set(digests.pixels, at * ENTRY_BYTES + PIXELS_AT);
  entries.set(digests.outline, at * ENTRY_BYTES + OUTLINE_AT);
  for (let c = 0; c < RGB_CHANNELS; c++) {
    let sum = 0;
    let squares = 0;
    for (let i = c; i < pixels.length; i += RGB_CHANNELS) {
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

/** `index.bin` in memory while a cache is made: 128 bytes an image. */
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

  /** SHA-256 of the decoded pixels. */
  pixelsSha256(index: number): Uint8Array {
    return this.bytes.subarray(index * ENTRY_BYTES + PIXELS_AT, index * ENTRY_BYTES + PIXELS_AT + 32);
  }

  /** Two halves of its outline; both 0 if the picture has no outline to speak of. */
  outline(index: number): [number, number] {
    const at = index * ENTRY_BYTES + OUTLINE_AT;
    return [this.view.getUint32(at), this.view.getUint32(at + 4)];
  }

  entries(first: number, count: number): Uint8Array {
    return this.bytes.subarray(first * ENTRY_BYTES, (first + count) * ENTRY_BYTES);
  }

  set(first: number, entries: Uint8Array): void {
    this.bytes.set(entries, first * ENTRY_BYTES);
  }

  /** Sums and sums of squares of the images at `indices`, a channel each. */
  channelSums(indices: Uint32Array): { sums: number[]; squares: number[] } {
    const sums = new Array<number>(RGB_CHANNELS).fill(0);
    const squares = new Array<number>(RGB_CHANNELS).fill(0);
    for (const index of indices) {
      for (let c = 0; c < RGB_CHANNELS; c++) {
        sums[c] += this.view.getFloat64(index * ENTRY_BYTES + SUMS_AT + 8 * c, true);
        squares[c] += this.view.getFloat64(index * ENTRY_BYTES + SQUARES_AT + 8 * c, true);
      }
    }
    return { sums, squares };
  }
}

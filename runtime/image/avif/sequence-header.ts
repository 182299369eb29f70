import type { ColourCoding } from './matrix.ts';

/** Sizes and colours in an AV1 sequence header (AV1 Bitstream & Decoding Process Specification, 5.5.1, 5.5.2: color_config). */
export interface SequenceHeader extends ColourCoding {
  /** No frame is larger. */
  width: number;
  height: number;
  monochrome: boolean;
}

const SEQUENCE_HEADER = 1;
/** Code points of primaries, of a transfer, and of any. */
const BT709 = 1;
const SRGB = 13;
const UNSPECIFIED = 2;
/** Value of `seq_force_screen_content_tools` with which the header leaves it to each frame. */
const EACH_FRAME = 2;

/**
 * Reads the first sequence header among the OBUs at the beginning of a coded picture (the same, 5.3 and 5.5).
 *
 * @param data - from a picture's first byte on
 * @returns undefined if there is none, or it is cut off
 */
export function readSequenceHeader(data: Uint8Array): SequenceHeader | undefined {
  for (let at = 0; at < data.length;) {
    const header = data[at++];
    if (header & 0x04) at++;
    // Without a size, an OBU reaches to the end.
    let size = data.length - at;
    if (header & 0x02) {
      size = 0;
      for (let i = 0; i < 8; i++) {
        const byte = data[at++] ?? 0;
        size += (byte & 0x7f) * 2 ** (7 * i);
        if (byte < 0x80) break;
      }
    }
    if (((header >> 3) & 15) === SEQUENCE_HEADER) return readColours(new Bits(data.subarray(at, at + size)));
    at += size;
  }
  return undefined;
}

function readColours(bits: Bits): SequenceHeader | undefined {
  const profile = bits.read(3);
  bits.skip(1);
  const reduced = bits.flag();
  if (reduced) bits.skip(5);
  else skipOperatingPoints(bits);
  const [widthBits, heightBits] = [bits.read(4) + 1, bits.read(4) + 1];
  const [width, height] = [bits.read(widthBits) + 1, bits.read(heightBits) + 1];
  // Lengths of frame identifiers.
  if (!reduced && bits.flag()) bits.skip(7);
  bits.skip(3);
  if (!reduced) skipInterTools(bits);
  bits.skip(3);
  const deep = bits.flag();
  if (profile === 2 && deep) bits.skip(1);
  const monochrome = profile !== 1 && bits.flag();
  const [primaries, transfer, matrix] = bits.flag() ? [bits.read(8), bits.read(8), bits.read(8)] : [UNSPECIFIED, UNSPECIFIED, UNSPECIFIED];
  // RGB says no more: its range is full.
  const isRgb = !monochrome && primaries === BT709 && transfer === SRGB && matrix === 0;
  const fullRange = isRgb || bits.flag();
  return bits.isCutOff ? undefined : { width, height, monochrome, primaries, matrix, fullRange };
}

function skipOperatingPoints(bits: Bits): void {
  const hasTiming = bits.flag();
  let delayBits = 0;
  if (hasTiming) {
    bits.skip(64);
    if (bits.flag()) bits.skipUniversal();
    if (bits.flag()) {
      delayBits = bits.read(5) + 1;
      bits.skip(32 + 5 + 5);
    }
  }
  const hasDisplayDelay = bits.flag();
  for (let points = bits.read(5) + 1; points > 0; points--) {
    bits.skip(12);
    if (bits.read(5) > 7) bits.skip(1);
    if (delayBits > 0 && bits.flag()) bits.skip(2 * delayBits + 1);
    if (hasDisplayDelay && bits.flag()) bits.skip(4);
  }
}

function skipInterTools(bits: Bits): void {
  bits.skip(4);
  const hasOrderHint = bits.flag();
  if (hasOrderHint) bits.skip(2);
  const screenContent = bits.flag() ? EACH_FRAME : bits.read(1);
  if (screenContent > 0 && !bits.flag()) bits.skip(1);
  if (hasOrderHint) bits.skip(3);
}

/** Bits from the highest of each byte on; zeros behind the end. */
class Bits {
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get isCutOff(): boolean {
    return this.at > 8 * this.bytes.length;
  }

  read(count: number): number {
    let value = 0;
    for (; count > 0; count--, this.at++) value = 2 * value + (((this.bytes[this.at >> 3] ?? 0) >> (7 - (this.at & 7))) & 1);
    return value;
  }

  flag(): boolean {
    return this.read(1) === 1;
  }

  skip(count: number): void {
    this.at += count;
  }

  /** A number of as many bits as there are zeros before its first one (4.10.3: uvlc). */
  skipUniversal(): void {
    let zeros = 0;
    while (!this.flag() && !this.isCutOff) zeros++;
    if (zeros < 32) this.skip(zeros);
  }
}

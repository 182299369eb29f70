import type { ByteReader } from './inspect/byte-reader.ts';

/** The longest code, in bits. */
const MOST_BITS = 12;

/**
 * Checks that a frame's codes (GIF89a specification, appendix F: LZW) make all its pixels, and that each is one that there is then:
 * decoders leave out, or refuse, what is missing.
 *
 * @param at - of the frame's code size
 * @param pixels - of the frame
 * @throws AppError IMAGE_UNDECODABLE
 */
export function checkGifCodes(reader: ByteReader, at: number, pixels: number): void {
  const size = reader.u8(at);
  if (size < 1 || size > 8 || pixelsOf(withoutBlocks(reader, at + 1), size, pixels) < pixels) throw reader.damaged();
}

/** The data of a run of sub-blocks. */
function withoutBlocks(reader: ByteReader, from: number): Uint8Array {
  const { bytes } = reader;
  let end = from;
  while (bytes[end] > 0) end += 1 + bytes[end];
  const data = new Uint8Array(end - from);
  let length = 0;
  for (let at = from; at < end; at += 1 + bytes[at]) {
    const block = bytes.subarray(at + 1, Math.min(bytes.length, at + 1 + bytes[at]));
    data.set(block, length);
    length += block.length;
  }
  return data.subarray(0, length);
}

/** Pixels that codes make, up to `most`; 0 if one is none. */
function pixelsOf(data: Uint8Array, size: number, most: number): number {
  const clear = 1 << size;
  const lengths = new Uint32Array(1 << MOST_BITS).fill(1, 0, clear);
  let bits = size + 1;
  let next = clear + 2;
  let before = -1;
  let pixels = 0;
  let at = 0;
  for (let buffer = 0, held = 0; pixels < most;) {
    while (held < bits && at < data.length) {
      buffer |= data[at++] << held;
      held += 8;
    }
    if (held < bits) break;
    const code = buffer & ((1 << bits) - 1);
    buffer >>>= bits;
    held -= bits;
    if (code === clear) {
      bits = size + 1;
      next = clear + 2;
      before = -1;
    } else if (code === clear + 1) {
      break;
    } else {
      if (code > next || (code === next && (before < 0 || next === lengths.length)) || (before < 0 && code > clear)) return 0;
      const length = code < next ? lengths[code] : lengths[before] + 1;
      if (before >= 0 && next < lengths.length) {
        lengths[next++] = lengths[before] + 1;
        if (next === 1 << bits && bits < MOST_BITS) bits++;
      }
      pixels += length;
      before = code;
    }
  }
  return pixels;
}

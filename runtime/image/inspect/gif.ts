import type { FrameWindow } from '../frame-window.ts';
import { asciiAt, type ByteReader } from './byte-reader.ts';
import type { HeaderFormat } from './header.ts';

const EXTENSION = 0x21;
const IMAGE = 0x2c;
const TRAILER = 0x3b;

/**
 * GIF (GIF89a specification, 1990): walks the blocks to the trailer. The size is that of the logical screen,
 * or of the first frame's extent where that is larger, as decoders make it.
 */
export const gif: HeaderFormat<'gif'> = {
  name: 'gif',
  label: 'GIF',
  matches: (bytes) => ['GIF87a', 'GIF89a'].includes(asciiAt(bytes, 0, 6)),
  coding: () => ({ channels: 4, alpha: true }),
  read(reader) {
    let width = reader.u16(6, true);
    let height = reader.u16(8, true);
    let frames = 0;
    let at = 13 + colourTableBytes(reader.u8(10));
    while (at < reader.length) {
      const block = reader.u8(at);
      if (block === TRAILER) {
        if (frames === 0) throw reader.damaged();
        return { width, height, cmyk: false, complete: true };
      }
      if (block === EXTENSION) {
        at = skipSubBlocks(reader, at + 2);
      } else if (block === IMAGE) {
        if (at + 10 > reader.length) break;
        if (frames++ === 0) {
          width = Math.max(width, reader.u16(at + 1, true) + reader.u16(at + 5, true));
          height = Math.max(height, reader.u16(at + 3, true) + reader.u16(at + 7, true));
          if (width === 0 || height === 0) throw reader.damaged();
        }
        // One byte of code size comes between the colour table and the data.
        at = skipSubBlocks(reader, at + 10 + colourTableBytes(reader.u8(at + 9)) + 1);
      } else {
        throw reader.damaged();
      }
    }
    if (width === 0 || height === 0) throw reader.truncated();
    return { width, height, cmyk: false, complete: false };
  },
};

/**
 * The window of the first frame, and where its code size is.
 *
 * @param reader - of what `gif.read` has let through
 */
export function firstGifFrame(reader: ByteReader): { window: FrameWindow; codesAt: number } {
  let at = 13 + colourTableBytes(reader.u8(10));
  while (reader.u8(at) !== IMAGE) at = skipSubBlocks(reader, at + 2);
  const window = {
    left: reader.u16(at + 1, true),
    top: reader.u16(at + 3, true),
    width: reader.u16(at + 5, true),
    height: reader.u16(at + 7, true),
  };
  return { window, codesAt: at + 10 + colourTableBytes(reader.u8(at + 9)) };
}

/** Bytes of the colour table that a packed field announces. */
function colourTableBytes(packed: number): number {
  return packed & 0x80 ? 3 * 2 ** ((packed & 7) + 1) : 0;
}

/** The position after a run of sub-blocks; behind the end of the file where the run is cut off. */
function skipSubBlocks(reader: ByteReader, from: number): number {
  let at = from;
  while (at < reader.length) {
    const length = reader.bytes[at];
    at += 1 + length;
    if (length === 0) return at;
  }
  return reader.length;
}

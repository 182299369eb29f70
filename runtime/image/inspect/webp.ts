import { asciiAt, type ByteReader } from './byte-reader.ts';
import type { HeaderFormat } from './header.ts';

const ANIMATION_OR_ALPHA = 0x12;

/** WebP (RFC 9649): a RIFF container with a lossy (VP8), a lossless (VP8L) or an extended (VP8X) image. */
export const webp: HeaderFormat<'webp'> = {
  name: 'webp',
  label: 'WebP',
  matches: (bytes) => asciiAt(bytes, 0, 4) === 'RIFF' && asciiAt(bytes, 8, 4) === 'WEBP',
  /** Tells whether there is alpha, as an animation's canvas always has it. Frames are not larger than the canvas. */
  coding(reader) {
    const kind = reader.tag(12);
    const alpha = kind === 'VP8X' ? (reader.u8(20) & ANIMATION_OR_ALPHA) !== 0 : kind === 'VP8L' && (reader.u8(24) & 0x10) !== 0;
    return { alpha, channels: alpha ? 4 : 3 };
  },
  read(reader) {
    const size = readSize(reader);
    const end = 8 + reader.u32(4, true);
    if (end > reader.length) return { ...size, cmyk: false, complete: false };
    if (!hasPixels(reader, end)) throw reader.damaged();
    return { ...size, cmyk: false, complete: true };
  },
};

function readSize(reader: ByteReader): { width: number; height: number } {
  const data = 20;
  switch (reader.tag(12)) {
    case 'VP8 ':
      return lossySize(reader, data);
    case 'VP8L':
      return losslessSize(reader, data);
    case 'VP8X':
      return { width: reader.u24(data + 4) + 1, height: reader.u24(data + 7) + 1 };
    default:
      throw reader.damaged();
  }
}

function lossySize(reader: ByteReader, at: number): { width: number; height: number } {
  // Three bytes of frame tag, then the start code of a key frame.
  if (reader.u24(at + 3) !== 0x2a019d) throw reader.damaged();
  const width = reader.u16(at + 6, true) & 0x3fff;
  const height = reader.u16(at + 8, true) & 0x3fff;
  if (width === 0 || height === 0) throw reader.damaged();
  return { width, height };
}

function losslessSize(reader: ByteReader, at: number): { width: number; height: number } {
  if (reader.u8(at) !== 0x2f) throw reader.damaged();
  const bits = reader.u32(at + 1, true);
  return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
}

/** Returns true if one of the chunks, which must all lie within the container, holds pixels. */
function hasPixels(reader: ByteReader, end: number): boolean {
  let found = false;
  for (let at = 12; at + 8 <= end;) {
    const type = reader.tag(at);
    const length = reader.u32(at + 4, true);
    if (at + 8 + length > end) throw reader.damaged();
    if (type === 'VP8 ' || type === 'VP8L' || type === 'ANMF') found = true;
    at += 8 + length + (length % 2);
  }
  return found;
}

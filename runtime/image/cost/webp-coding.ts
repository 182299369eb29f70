import type { ByteReader } from '../inspect/byte-reader.ts';
import type { Coding } from './coding.ts';

const ANIMATION_OR_ALPHA = 0x12;

/** WebP (RFC 9649): whether there is alpha, as an animation's canvas always has it. Frames are not larger than the canvas. */
export function webpCoding(reader: ByteReader): Partial<Coding> {
  const kind = reader.tag(12);
  const alpha = kind === 'VP8X' ? (reader.u8(20) & ANIMATION_OR_ALPHA) !== 0 : kind === 'VP8L' && (reader.u8(24) & 0x10) !== 0;
  return { alpha, channels: alpha ? 4 : 3 };
}

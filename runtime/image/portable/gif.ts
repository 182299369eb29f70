import { ByteReader } from '../inspect/byte-reader.ts';
import { firstGifFrame } from '../inspect/gif.ts';
import type { PortableFile } from '../portable.ts';

/** A GIF as it is, and which part of it its first frame covers. */
export function portableGif<Bytes extends Uint8Array>(bytes: Bytes): PortableFile<Bytes> {
  return { bytes, orientation: 1, window: firstGifFrame(new ByteReader(bytes, 'GIF')) };
}

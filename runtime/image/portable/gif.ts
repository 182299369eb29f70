import { checkGifCodes } from '../gif-codes.ts';
import { ByteReader } from '../inspect/byte-reader.ts';
import { firstGifFrame } from '../inspect/gif.ts';
import type { PortableFile } from '../portable.ts';

/** A GIF as it is, and which part of it its first frame covers. @throws AppError IMAGE_UNDECODABLE if its codes do not make that frame */
export function portableGif<Bytes extends Uint8Array>(bytes: Bytes): PortableFile<Bytes> {
  const reader = new ByteReader(bytes, 'GIF');
  const { window, codesAt } = firstGifFrame(reader);
  checkGifCodes(reader, codesAt, window.width * window.height);
  return { bytes, orientation: 1, window };
}

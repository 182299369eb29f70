import type { ByteReader } from '../inspect/byte-reader.ts';
import { TiffDirectory } from '../inspect/tiff-directory.ts';
import type { Coding } from './coding.ts';

const TAG = { bits: 258, orientation: 274, samples: 277, rowsPerStrip: 278, tileWidth: 322, tileLength: 323, profile: 34675 };

/** TIFF (TIFF 6.0; BigTIFF): the samples of a pixel, and the pieces in which the picture is compressed. */
export function tiffCoding(reader: ByteReader, { width, height }: { width: number; height: number }): Partial<Coding> {
  const fields = new TiffDirectory(reader);
  const samples = fields.number(TAG.samples) ?? 1;
  const bits = Math.max(8, fields.number(TAG.bits) ?? 1);
  const channels = Math.max(3, samples);
  const tileWidth = fields.number(TAG.tileWidth);
  const tileLength = fields.number(TAG.tileLength) ?? 1;
  const [pieceWidth, pieceHeight] = tileWidth ? [Math.ceil(width / tileWidth) * tileWidth, tileLength] : [width, Math.min(height, fields.number(TAG.rowsPerStrip) ?? height)];
  return {
    channels,
    alpha: samples === 2 || samples > 3,
    bits,
    profile: fields.has(TAG.profile),
    turned: fields.has(TAG.orientation),
    pieceBytes: (pieceWidth * pieceHeight * samples * bits) / 8,
  };
}

import type { ByteReader } from '../inspect/byte-reader.ts';
import { TiffDirectory } from '../inspect/tiff-directory.ts';
import type { Coding } from './coding.ts';

const TAG = { bits: 258, orientation: 274, samples: 277, rowsPerStrip: 278, tileWidth: 322, tileLength: 323, profile: 34675 };

/** TIFF (TIFF 6.0; BigTIFF): the samples of a pixel, and the pieces in which the picture is compressed. */
export function tiffCoding(reader: ByteReader, { width, height }: { width: number; height: number }): Partial<Coding> {
  const directory = new TiffDirectory(reader);
  const first = (tag: number, otherwise: number): number => directory.number(tag) ?? otherwise;
  const samples = first(TAG.samples, 1);
  const bits = Math.max(8, first(TAG.bits, 1));
  const tileWidth = first(TAG.tileWidth, 0);
  const piece =
    tileWidth > 0
      ? Math.ceil(width / tileWidth) * tileWidth * first(TAG.tileLength, 1)
      : width * Math.min(height, first(TAG.rowsPerStrip, height));
  return {
    channels: Math.max(3, samples),
    alpha: samples === 2 || samples > 3,
    bits,
    profile: directory.has(TAG.profile),
    turned: first(TAG.orientation, 1) !== 1,
    pieceBytes: (piece * samples * bits) / 8,
  };
}

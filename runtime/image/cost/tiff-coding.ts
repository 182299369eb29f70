import type { ByteReader } from '../inspect/byte-reader.ts';
import type { Coding } from './coding.ts';

const TAG = { bits: 258, orientation: 274, samples: 277, rowsPerStrip: 278, tileWidth: 322, tileLength: 323, profile: 34675 };
/** Bytes of one value: BYTE, SHORT, LONG, LONG8. */
const TYPE_BYTES: Record<number, number | undefined> = { 1: 1, 3: 2, 4: 4, 16: 8 };

/** TIFF (TIFF 6.0; BigTIFF): the samples of a pixel, and the pieces in which the picture is compressed. */
export function tiffCoding(reader: ByteReader, { width, height }: { width: number; height: number }): Partial<Coding> {
  const fields = firstValues(reader);
  const samples = fields.get(TAG.samples) ?? 1;
  const bits = Math.max(8, fields.get(TAG.bits) ?? 1);
  const channels = Math.max(3, samples);
  const tileWidth = fields.get(TAG.tileWidth);
  const tileLength = fields.get(TAG.tileLength) ?? 1;
  const [pieceWidth, pieceHeight] = tileWidth ? [Math.ceil(width / tileWidth) * tileWidth, tileLength] : [width, Math.min(height, fields.get(TAG.rowsPerStrip) ?? height)];
  return {
    channels,
    alpha: samples === 2 || samples > 3,
    bits,
    profile: fields.has(TAG.profile),
    turned: (fields.get(TAG.orientation) ?? 1) !== 1,
    pieceBytes: (pieceWidth * pieceHeight * samples * bits) / 8,
  };
}

/** The first value of each field of the first directory; NaN where it is no whole number. */
function firstValues(reader: ByteReader): Map<number, number> {
  const littleEndian = reader.u8(0) === 0x49;
  const big = reader.u16(2, littleEndian) === 43;
  const offset = (at: number): number => (big ? reader.u64(at, littleEndian) : reader.u32(at, littleEndian));
  const start = offset(big ? 8 : 4);
  const count = big ? reader.u64(start, littleEndian) : reader.u16(start, littleEndian);
  const [entryBytes, wordBytes] = big ? [20, 8] : [12, 4];
  const values = new Map<number, number>();
  for (let i = 0, at = start + (big ? 8 : 2); i < count; i++, at += entryBytes) {
    const tag = reader.u16(at, littleEndian);
    if (values.has(tag)) continue;
    const bytes = TYPE_BYTES[reader.u16(at + 2, littleEndian)];
    const inline = at + 4 + wordBytes;
    const valueAt = bytes && offset(at + 4) * bytes <= wordBytes ? inline : offset(inline);
    values.set(tag, bytes ? numberAt(reader, valueAt, bytes, littleEndian) : NaN);
  }
  return values;
}

function numberAt(reader: ByteReader, at: number, bytes: number, littleEndian: boolean): number {
  if (bytes === 1) return reader.u8(at);
  if (bytes === 2) return reader.u16(at, littleEndian);
  return bytes === 4 ? reader.u32(at, littleEndian) : reader.u64(at, littleEndian);
}

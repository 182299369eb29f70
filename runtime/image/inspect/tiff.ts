import { asciiAt, type ByteReader } from './byte-reader.ts';
import type { HeaderFormat } from './header.ts';

const TAG = { width: 256, height: 257, photometric: 262, stripOffsets: 273, stripBytes: 279, tileOffsets: 324, tileBytes: 325 };
const PHOTOMETRIC_SEPARATED = 5;
/** Bytes of one value of the field types that sizes and offsets come in: SHORT, LONG, LONG8. */
const TYPE_BYTES: Record<number, number> = { 3: 2, 4: 4, 16: 8 };

/** What differs between a TIFF and a BigTIFF. */
interface Layout {
  littleEndian: boolean;
  big: boolean;
}

interface Field {
  type: number;
  count: number;
  /** Where its values are. */
  at: number;
}

/**
 * TIFF (TIFF 6.0; BigTIFF): reads the first directory, and checks that the pixel data which it points at lie
 * within the file.
 */
export const tiff: HeaderFormat<'tiff'> = {
  name: 'tiff',
  label: 'TIFF',
  matches: (bytes) => ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].includes(asciiAt(bytes, 0, 4)),
  read(reader) {
    const littleEndian = reader.u8(0) === 0x49;
    const layout = { littleEndian, big: reader.u16(2, littleEndian) === 43 };
    const fields = readDirectory(reader, layout);
    const one = (tag: number): number | undefined => {
      const field = fields.get(tag);
      return field && field.count > 0 ? valueOf(reader, layout, field, 0) : undefined;
    };
    const width = one(TAG.width);
    const height = one(TAG.height);
    if (!width || !height) throw reader.damaged();
    return {
      width,
      height,
      cmyk: one(TAG.photometric) === PHOTOMETRIC_SEPARATED,
      complete: pixelsWithinFile(reader, layout, fields),
    };
  },
};

function readDirectory(reader: ByteReader, { littleEndian, big }: Layout): Map<number, Field> {
  const offset = (at: number): number => (big ? reader.u64(at, littleEndian) : reader.u32(at, littleEndian));
  const start = offset(big ? 8 : 4);
  const count = big ? reader.u64(start, littleEndian) : reader.u16(start, littleEndian);
  const entryBytes = big ? 20 : 12;
  const wordBytes = big ? 8 : 4;
  const first = start + (big ? 8 : 2);
  // The position of the next directory follows the entries.
  reader.require(first, count * entryBytes + wordBytes);
  const fields = new Map<number, Field>();
  for (let at = first; at < first + count * entryBytes; at += entryBytes) {
    const type = reader.u16(at + 2, littleEndian);
    const values = offset(at + 4);
    const inlineAt = at + 4 + wordBytes;
    const fitsInline = values * (TYPE_BYTES[type] ?? Infinity) <= wordBytes;
    const tag = reader.u16(at, littleEndian);
    if (!fields.has(tag)) fields.set(tag, { type, count: values, at: fitsInline ? inlineAt : offset(inlineAt) });
  }
  return fields;
}

function valueOf(reader: ByteReader, { littleEndian }: Layout, field: Field, index: number): number {
  const bytes = TYPE_BYTES[field.type];
  if (bytes === undefined) throw reader.damaged();
  const at = field.at + index * bytes;
  if (bytes === 2) return reader.u16(at, littleEndian);
  return bytes === 4 ? reader.u32(at, littleEndian) : reader.u64(at, littleEndian);
}

function pixelsWithinFile(reader: ByteReader, layout: Layout, fields: Map<number, Field>): boolean {
  const offsets = fields.get(TAG.stripOffsets) ?? fields.get(TAG.tileOffsets);
  const lengths = fields.get(TAG.stripBytes) ?? fields.get(TAG.tileBytes);
  if (!offsets || !lengths || offsets.count === 0 || offsets.count !== lengths.count) throw reader.damaged();
  for (let i = 0; i < offsets.count; i++) {
    const end = valueOf(reader, layout, offsets, i) + valueOf(reader, layout, lengths, i);
    if (end > reader.length) return false;
  }
  return true;
}

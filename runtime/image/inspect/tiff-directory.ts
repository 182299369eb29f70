import type { ByteReader } from './byte-reader.ts';

/** Bytes of one value of each field type (TIFF 6.0, section 2; BigTIFF's from 16 on). */
const TYPE_BYTES: Record<number, number | undefined> = {
  1: 1,
  2: 1,
  3: 2,
  4: 4,
  5: 8,
  6: 1,
  7: 1,
  8: 2,
  9: 4,
  10: 8,
  11: 4,
  12: 8,
  13: 4,
  16: 8,
  17: 8,
  18: 8,
};
/** BYTE, SHORT, LONG, LONG8, and those with a sign. */
const WHOLE_NUMBERS = [1, 3, 4, 16, 6, 8, 9, 17];

/** A field of a TIFF directory. */
export interface TiffField {
  tag: number;
  type: number;
  count: number;
  /** Position of its values. */
  at: number;
}

/** A TIFF structure (TIFF 6.0; BigTIFF), which is also what EXIF is: its byte order, its first directory, its numbers. */
export class TiffStructure {
  private readonly reader: ByteReader;
  private readonly littleEndian: boolean;
  private readonly big: boolean;

  /** @throws AppError IMAGE_UNDECODABLE if the bytes do not begin like a TIFF */
  constructor(reader: ByteReader) {
    this.reader = reader;
    const order = reader.u16(0, false);
    this.littleEndian = order === 0x4949;
    const version = reader.u16(2, this.littleEndian);
    if ((!this.littleEndian && order !== 0x4d4d) || (version !== 42 && version !== 43)) throw reader.damaged();
    this.big = version === 43;
  }

  /** Reads the first directory, one field at a time: a hostile file may hold millions. @throws AppError IMAGE_TRUNCATED at its cut end */
  *fields(): Generator<TiffField> {
    const { reader, littleEndian, big } = this;
    const start = this.offset(big ? 8 : 4);
    const count = big ? reader.u64(start, littleEndian) : reader.u16(start, littleEndian);
    const entryBytes = big ? 20 : 12;
    const wordBytes = big ? 8 : 4;
    let at = start + (big ? 8 : 2);
    for (let i = 0; i < count; i++, at += entryBytes) {
      reader.require(at, entryBytes);
      const type = reader.u16(at + 2, littleEndian);
      const values = this.offset(at + 4);
      const inlineAt = at + 4 + wordBytes;
      const fitsInline = values * (TYPE_BYTES[type] ?? Infinity) <= wordBytes;
      yield { tag: reader.u16(at, littleEndian), type, count: values, at: fitsInline ? inlineAt : this.offset(inlineAt) };
    }
    // The position of the next directory follows the entries.
    reader.require(at, wordBytes);
  }

  /** Returns true if a field holds whole numbers, at least one. */
  hasNumbers({ type, count }: TiffField): boolean {
    return WHOLE_NUMBERS.includes(type) && count > 0;
  }

  /** A whole number of a field, as if it had no sign. @throws AppError IMAGE_UNDECODABLE if the type is another one */
  numberAt({ type, at }: TiffField, index: number): number {
    const { reader, littleEndian } = this;
    const bytes = TYPE_BYTES[type];
    if (bytes === undefined || !WHOLE_NUMBERS.includes(type)) throw reader.damaged();
    const from = at + index * bytes;
    if (bytes === 1) return reader.u8(from);
    if (bytes === 2) return reader.u16(from, littleEndian);
    return bytes === 4 ? reader.u32(from, littleEndian) : reader.u64(from, littleEndian);
  }

  private offset(at: number): number {
    return this.big ? this.reader.u64(at, this.littleEndian) : this.reader.u32(at, this.littleEndian);
  }
}

/** The fields of the first directory; of those with the same tag, the first one. */
export class TiffDirectory {
  readonly structure: TiffStructure;
  private readonly fields = new Map<number, TiffField>();

  constructor(reader: ByteReader) {
    this.structure = new TiffStructure(reader);
    for (const field of this.structure.fields()) if (!this.fields.has(field.tag)) this.fields.set(field.tag, field);
  }

  all(): Iterable<TiffField> {
    return this.fields.values();
  }

  field(tag: number): TiffField | undefined {
    return this.fields.get(tag);
  }

  has(tag: number): boolean {
    return this.fields.has(tag);
  }

  /** The first number of a field; undefined if there is none. @throws AppError IMAGE_UNDECODABLE if it holds no whole numbers */
  number(tag: number): number | undefined {
    return this.numbers(tag, 1)[0];
  }

  /** @param most - of its numbers: the rest is not looked at */
  numbers(tag: number, most = 16): number[] {
    const field = this.fields.get(tag);
    return field ? Array.from({ length: Math.min(most, field.count) }, (_, i) => this.structure.numberAt(field, i)) : [];
  }
}

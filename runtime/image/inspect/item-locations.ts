import type { ByteReader } from './byte-reader.ts';
import type { IsoBox } from './iso-boxes.ts';

/** A piece of an item's data. */
interface ItemExtent {
  item: number;
  /** Origin of its position: 0 the file, 1 the `idat` box, 2 another item. */
  method: number;
  offset: number;
  /** 0 if it reaches to the end. */
  length: number;
}

/**
 * Finds the end of the items' data; 0 if all items lie within the metadata.
 *
 * @returns the position behind that byte, in the file
 */
export function endOfItems(reader: ByteReader, box: IsoBox): number {
  let end = 0;
  for (const { method, offset, length } of itemExtents(reader, box)) if (method === 0) end = Math.max(end, offset + length);
  return end;
}

/** Reads an item location box (`iloc`, ISO/IEC 14496-12, 8.11.3), one extent at a time: a hostile file may hold millions. */
export function* itemExtents(reader: ByteReader, { start }: IsoBox): Generator<ItemExtent> {
  const version = reader.u8(start);
  if (version > 2) throw reader.damaged();
  const sizes = reader.u16(start + 4, false);
  const offsetBytes = sizes >> 12;
  const lengthBytes = (sizes >> 8) & 15;
  const baseBytes = (sizes >> 4) & 15;
  const indexBytes = version === 0 ? 0 : sizes & 15;
  const extentBytes = indexBytes + offsetBytes + lengthBytes;
  const wide = version === 2;
  const items = wide ? reader.u32(start + 6, false) : reader.u16(start + 6, false);
  let at = start + (wide ? 10 : 8);
  for (let i = 0; i < items; i++) {
    const item = wide ? reader.u32(at, false) : reader.u16(at, false);
    at += wide ? 4 : 2;
    const method = version === 0 ? 0 : reader.u16(at, false) & 15;
    at += version === 0 ? 2 : 4;
    const base = sized(reader, at, baseBytes);
    const extents = reader.u16(at + baseBytes, false);
    at += baseBytes + 2;
    // Extents of no bytes at all would cost time and say nothing.
    if (extentBytes > 0) {
      for (let extent = 0; extent < extents; extent++) {
        const offsetAt = at + extent * extentBytes + indexBytes;
        const offset = base + sized(reader, offsetAt, offsetBytes);
        yield { item, method, offset, length: sized(reader, offsetAt + offsetBytes, lengthBytes) };
      }
    }
    at += extents * extentBytes;
  }
}

/** A number whose size in bytes the box itself gives: 0 (it is left out and means 0), 4 or 8. */
function sized(reader: ByteReader, at: number, bytes: number): number {
  if (bytes === 0) return 0;
  if (bytes === 4) return reader.u32(at, false);
  if (bytes === 8) return reader.u64(at, false);
  throw reader.damaged();
}

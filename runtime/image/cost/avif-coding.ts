import { readSequenceHeader } from '../avif/sequence-header.ts';
import type { ByteReader } from '../inspect/byte-reader.ts';
import { childBoxes, childOfType, FULL_BOX_BYTES, readBox, type IsoBox } from '../inspect/iso-boxes.ts';
import { itemExtents } from '../inspect/item-locations.ts';
import type { Coding } from './coding.ts';

/** Pieces of items that are looked at: libheif refuses files of more than a thousand items. */
const MOST_EXTENTS = 1000;

/**
 * AVIF (ISO/IEC 23008-12): bits by the items' AV1 configurations; the size by what is largest, the picture or what one of the
 * items' sequence headers announces, which is what the decoder makes room for.
 */
export function avifCoding(reader: ByteReader, size: { width: number; height: number }): Partial<Coding> {
  let meta = readBox(reader, 0, Infinity);
  while (meta.type !== 'meta') meta = readBox(reader, meta.end, Infinity);
  const properties = childOfType(reader, childOfType(reader, meta, 'iprp', FULL_BOX_BYTES), 'ipco');
  let bits = 8;
  let alpha = false;
  let grey = false;
  for (const { type, start } of childBoxes(reader, properties)) {
    if (type === 'av1C') {
      const flags = reader.u8(start + 2);
      if (flags & 0x40) bits = flags & 0x20 ? 12 : 10;
      if (flags & 0x10) grey = true;
    }
    alpha ||= type === 'auxC';
  }
  const coded = codedSizes(reader, meta);
  const largest = coded.reduce((a, b) => (b.width * b.height > a.width * a.height ? b : a), size);
  return { ...largest, bits, channels: 3, layered: alpha && grey };
}

function codedSizes(reader: ByteReader, meta: IsoBox): { width: number; height: number }[] {
  const sizes: { width: number; height: number }[] = [];
  let looked = 0;
  for (const { method, offset } of itemExtents(reader, childOfType(reader, meta, 'iloc', FULL_BOX_BYTES))) {
    if (method !== 0) continue;
    if (looked++ === MOST_EXTENTS) break;
    const header = readSequenceHeader(reader.bytes.subarray(offset, offset + SEQUENCE_HEADER_BYTES));
    if (header) sizes.push(header);
  }
  return sizes;
}

/** A temporal delimiter and a sequence header with all its options. */
const SEQUENCE_HEADER_BYTES = 512;

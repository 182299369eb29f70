import { avifCoding } from '../cost/avif-coding.ts';
import type { ByteReader } from './byte-reader.ts';
import type { HeaderFormat } from './header.ts';
import { heifKind } from './heif-brands.ts';
import { childBoxes, childOfType, FULL_BOX_BYTES, readBox, type IsoBox } from './iso-boxes.ts';
import { endOfItems } from './item-locations.ts';

/**
 * AVIF (AV1 Image File Format 1.1 on ISO/IEC 23008-12): the size is the largest image spatial extent
 * (`ispe`) of the items; thumbnails, tiles and alpha planes are not larger than the image itself.
 */
export const avif: HeaderFormat<'avif'> = {
  name: 'avif',
  label: 'AVIF',
  matches: (bytes) => heifKind(bytes) === 'avif',
  coding: avifCoding,
  read(reader) {
    for (let at = 0; at < reader.length;) {
      const box = readBox(reader, at, Infinity);
      if (box.type === 'meta') return readMeta(reader, box);
      at = box.end;
    }
    throw reader.truncated();
  },
};

function readMeta(reader: ByteReader, meta: IsoBox): ReturnType<typeof avif.read> {
  // A meta box that goes behind the end of the file is cut off, not damaged.
  reader.require(meta.start, meta.end - meta.start);
  const properties = childOfType(reader, meta, 'iprp', FULL_BOX_BYTES);
  const locations = childOfType(reader, meta, 'iloc', FULL_BOX_BYTES);
  const size = largestExtent(reader, childOfType(reader, properties, 'ipco'));
  return { ...size, cmyk: false, complete: endOfItems(reader, locations) <= reader.length };
}

function largestExtent(reader: ByteReader, container: IsoBox): { width: number; height: number } {
  let largest = { width: 0, height: 0 };
  for (const { type, start } of childBoxes(reader, container)) {
    if (type !== 'ispe') continue;
    const width = reader.u32(start + FULL_BOX_BYTES, false);
    const height = reader.u32(start + FULL_BOX_BYTES + 4, false);
    if (width * height > largest.width * largest.height) largest = { width, height };
  }
  if (largest.width === 0) throw reader.damaged();
  return largest;
}

import { pngCoding } from '../cost/png-coding.ts';
import { asciiAt } from './byte-reader.ts';
import type { HeaderFormat } from './header.ts';

const SIGNATURE = '\x89PNG\r\n\x1a\n';

/** PNG (W3C PNG, third edition, section 5): walks the chunks from IHDR to IEND. */
export const png: HeaderFormat<'png'> = {
  name: 'png',
  label: 'PNG',
  matches: (bytes) => asciiAt(bytes, 0, 8) === SIGNATURE,
  coding: pngCoding,
  read(reader) {
    if (reader.u32(8, false) !== 13 || reader.tag(12) !== 'IHDR') throw reader.damaged();
    const width = reader.u32(16, false);
    const height = reader.u32(20, false);
    if (width === 0 || height === 0) throw reader.damaged();
    const header = { width, height, cmyk: false };
    let hasPixels = false;
    // Length, type and checksum of IHDR itself take 12 bytes.
    let at = 8 + 12 + 13;
    while (at + 12 <= reader.length) {
      const type = reader.tag(at + 4);
      const end = at + 12 + reader.u32(at, false);
      if (type === 'IHDR') throw reader.damaged();
      if (end > reader.length) break;
      if (type === 'IDAT') hasPixels = true;
      if (type === 'IEND') {
        if (!hasPixels) throw reader.damaged();
        return { ...header, complete: true };
      }
      at = end;
    }
    return { ...header, complete: false };
  },
};

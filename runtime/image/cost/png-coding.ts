import type { ByteReader } from '../inspect/byte-reader.ts';
import { exifOrientation } from '../orientation.ts';
import type { Coding } from './coding.ts';

/** Samples a pixel by colour type: grey, RGB, palette (as RGB), grey and alpha, RGB and alpha. */
const CHANNELS: Record<number, number | undefined> = { 0: 1, 2: 3, 3: 3, 4: 2, 6: 4 };

/** PNG (W3C PNG, third edition, section 11): IHDR, and the chunks that change what is decoded. */
export function pngCoding(reader: ByteReader): Partial<Coding> {
  const colourType = reader.u8(25);
  let channels = CHANNELS[colourType] ?? 4;
  let alpha = colourType >= 4;
  let profile = false;
  let turned = false;
  for (let at = 8; at + 12 <= reader.length; ) {
    const type = reader.tag(at + 4);
    const end = at + 12 + reader.u32(at, false);
    if (type === 'iCCP') profile = true;
    if (type === 'tRNS' && !alpha) {
      alpha = true;
      channels++;
    }
    if (type === 'eXIf') turned = exifOrientation(reader.bytes.subarray(at + 8, end - 4)) !== 1;
    if (type === 'IEND') break;
    at = end;
  }
  return { channels, alpha, bits: Math.max(8, reader.u8(24)), whole: reader.u8(28) !== 0, profile, turned };
}

import type { ByteReader } from '../inspect/byte-reader.ts';
import { exifOrientation } from '../orientation.ts';
import type { Coding } from './coding.ts';

/** Samples a pixel by colour type: grey, RGB, palette (as RGB), grey and alpha, RGB and alpha. */
const CHANNELS: Record<number, number | undefined> = { 0: 1, 2: 3, 3: 3, 4: 2, 6: 4 };

/** Factor by which compressed pixels may exceed the uncompressed ones: what an encoder adds that compresses nothing, and then some. */
const LARGEST_EXPANSION = 1.1;
const TOLERATED_BYTES = 65_536;

/**
 * PNG (W3C PNG, third edition, section 11): IHDR, and the chunks that change what is decoded.
 *
 * @throws AppError IMAGE_UNDECODABLE if there is more in the pixels' chunks than the picture can need: decoders unpack it all
 */
export function pngCoding(reader: ByteReader, { width, height }: { width: number; height: number }): Partial<Coding> {
  const colourType = reader.u8(25);
  let channels = CHANNELS[colourType] ?? 4;
  let alpha = colourType >= 4;
  let profile = false;
  let turned = false;
  let packedBytes = 0;
  for (let at = 8; at + 12 <= reader.length;) {
    const type = reader.tag(at + 4);
    const length = reader.u32(at, false);
    const end = at + 12 + length;
    if (type === 'IDAT') packedBytes += length;
    if (type === 'iCCP') profile = true;
    if (type === 'tRNS' && !alpha) {
      alpha = true;
      channels++;
    }
    if (type === 'eXIf') turned = exifOrientation(reader.bytes.subarray(at + 8, end - 4)) !== 1;
    if (type === 'IEND') break;
    at = end;
  }
  const bits = Math.max(8, reader.u8(24));
  const whole = reader.u8(28) !== 0;
  // Each row begins with its filter; interlaced, there are up to twice as many rows.
  const unpackedBytes = height * (1 + (width * channels * bits) / 8) * (whole ? 2 : 1);
  if (packedBytes > LARGEST_EXPANSION * unpackedBytes + TOLERATED_BYTES) throw reader.damaged();
  return { channels, alpha, bits, whole, profile, turned };
}

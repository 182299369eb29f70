import { asciiAt, ByteReader } from '../inspect/byte-reader.ts';
import { crc32 } from '../crc32.ts';
import { isUsableProfile, MAX_PROFILE_BYTES } from '../icc-profile.ts';
import { exifOrientation, type Orientation } from '../orientation.ts';
import type { PortableFile } from '../portable.ts';
import { inflateUpTo } from './inflate.ts';
import { without, type Span } from './spans.ts';

/** Chunks that decoding needs beside the critical ones, whose names begin with a capital. */
const TRANSPARENCY = 'tRNS';
const PROFILE = 'iCCP';
const EXIF = 'eXIf';
const COLOUR_BIT = 2;

/**
 * A PNG (W3C PNG, third edition, section 5) of critical chunks, transparency, and a profile that passes. So an animation is the
 * picture that every decoder shows, its default image, be it one of its frames or not.
 *
 * @throws AppError IMAGE_UNDECODABLE if the checksum of such a chunk is wrong
 */
export async function portablePng<Bytes extends Uint8Array>(bytes: Bytes): Promise<PortableFile<Bytes | Uint8Array<ArrayBuffer>>> {
  const reader = new ByteReader(bytes, 'PNG');
  const grey = (reader.u8(25) & COLOUR_BIT) === 0;
  const removed: Span[] = [];
  let orientation: Orientation | undefined;
  let hasProfile = false;
  // Length, type and checksum surround a chunk's data.
  for (let at = 8; at + 12 <= bytes.length;) {
    const end = at + 12 + reader.u32(at, false);
    const type = asciiAt(bytes, at + 4, 4);
    const isIntact = (): boolean => crc32(bytes.subarray(at + 4, end - 4)) === reader.u32(end - 4, false);
    if (isCritical(type) || type === TRANSPARENCY) {
      if (!isIntact()) throw reader.damaged();
    } else {
      if (type === EXIF) orientation ??= exifOrientation(bytes.subarray(at + 8, end - 4));
      const isProfile = type === PROFILE && !hasProfile && isIntact() && (await holdsProfile(bytes.subarray(at + 8, end - 4), grey));
      if (isProfile) hasProfile = true;
      else removed.push([at, end]);
    }
    at = end;
    if (type === 'IEND') break;
  }
  return { bytes: without(bytes, removed), orientation: orientation ?? 1 };
}

function isCritical(type: string): boolean {
  return (type.charCodeAt(0) & 0x20) === 0;
}

/** Checks that `iCCP` data, which are a name, the method 0 and a compressed profile, hold one that passes. */
async function holdsProfile(data: Uint8Array, grey: boolean): Promise<boolean> {
  const nameEnd = data.indexOf(0);
  if (nameEnd < 1 || nameEnd > 79 || data[nameEnd + 1] !== 0) return false;
  const profile = await inflateUpTo(data.subarray(nameEnd + 2), MAX_PROFILE_BYTES);
  return profile !== undefined && isUsableProfile(profile, grey ? 'GRAY' : 'RGB ');
}

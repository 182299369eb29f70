import { ByteReader } from './inspect/byte-reader.ts';

/** Larger ones are no profile of a picture. */
export const MAX_PROFILE_BYTES = 4 * 1024 * 1024;

const HEADER_BYTES = 128;
const MOST_TAGS = 100;
const DEVICE_CLASSES = ['mntr', 'scnr', 'prtr', 'spac'];
const CONNECTION_SPACES = ['XYZ ', 'Lab '];
const TABLE_TYPES = ['mft1', 'mft2', 'mAB '];
/** Numbers of each kind of parametric curve (ICC.1:2022, 10.18). */
const PARAMETERS = [1, 3, 4, 5, 7];

/**
 * Checks that an ICC profile is whole and says how to convert the colours of a picture (ICC.1:2022, clause 7). Decoders disagree about
 * which damage they pass over, so a profile that does not pass here counts as none.
 *
 * @param space - what the picture has
 */
export function isUsableProfile(profile: Uint8Array, space: 'RGB ' | 'GRAY'): boolean {
  if (profile.length < HEADER_BYTES + 4 || profile.length > MAX_PROFILE_BYTES) return false;
  const reader = new ByteReader(profile, 'ICC');
  const size = reader.u32(0, false);
  if (size > profile.length || reader.tag(36) !== 'acsp' || reader.tag(16) !== space) return false;
  if (![2, 4].includes(reader.u8(8)) || !DEVICE_CLASSES.includes(reader.tag(12)) || !CONNECTION_SPACES.includes(reader.tag(20)))
    return false;
  const count = reader.u32(HEADER_BYTES, false);
  const firstData = HEADER_BYTES + 4 + 12 * count;
  if (count > MOST_TAGS || firstData > size) return false;
  const tags = new Map<string, { at: number; bytes: number }>();
  for (let entry = HEADER_BYTES + 4; entry < firstData; entry += 12) {
    const [at, bytes] = [reader.u32(entry + 4, false), reader.u32(entry + 8, false)];
    if (bytes < 8 || at + bytes > size || tags.has(reader.tag(entry))) return false;
    tags.set(reader.tag(entry), { at, bytes });
  }
  const typeOf = (name: string): string => (tags.has(name) ? reader.tag(tags.get(name)!.at) : '');
  const isColour = (name: string): boolean => typeOf(name) === 'XYZ ' && tags.get(name)!.bytes >= 20;
  const isCurve = (name: string): boolean => {
    const { at, bytes } = tags.get(name) ?? { at: 0, bytes: 0 };
    if (typeOf(name) === 'curv') return bytes >= 12 + 2 * reader.u32(at + 8, false);
    return typeOf(name) === 'para' && bytes >= 12 + 4 * (PARAMETERS[reader.u16(at + 8, false)] ?? Infinity);
  };
  // White is what everything else is relative to.
  if (!isColour('wtpt')) return false;
  if (tags.has('A2B0')) return TABLE_TYPES.includes(typeOf('A2B0'));
  if (space === 'GRAY') return isCurve('kTRC');
  return ['rXYZ', 'gXYZ', 'bXYZ'].every(isColour) && ['rTRC', 'gTRC', 'bTRC'].every(isCurve);
}

import { asciiAt } from './byte-reader.ts';

const AVIF_BRANDS = ['avif', 'avis'];
/** HEVC-coded images and sequences, and HEIF's structural brands, under which phones write HEVC. */
const HEIC_BRANDS = ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs', 'mif1', 'msf1', 'mif2'];

/**
 * Tells the two image formats in an ISO base media file (ISO/IEC 14496-12, 23008-12) apart by the file type box; undefined for films and
 * everything else. The major brand decides; if it names the structure only, a compatible brand `avif` does.
 */
export function heifKind(bytes: Uint8Array): 'avif' | 'heic' | undefined {
  if (bytes.length < 12 || asciiAt(bytes, 4, 4) !== 'ftyp') return undefined;
  const major = asciiAt(bytes, 8, 4);
  if (AVIF_BRANDS.includes(major)) return 'avif';
  if (major.startsWith('he') && HEIC_BRANDS.includes(major)) return 'heic';
  const boxBytes = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
  const compatible: string[] = [];
  for (let at = 16; at + 4 <= Math.min(boxBytes, bytes.length); at += 4) compatible.push(asciiAt(bytes, at, 4));
  if (compatible.some((brand) => AVIF_BRANDS.includes(brand))) return 'avif';
  return [major, ...compatible].some((brand) => HEIC_BRANDS.includes(brand)) ? 'heic' : undefined;
}

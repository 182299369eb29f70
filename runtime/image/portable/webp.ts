import { asciiAt, ByteReader } from '../inspect/byte-reader.ts';
import { isUsableProfile } from '../icc-profile.ts';
import type { FrameWindow } from '../frame-window.ts';
import { exifOrientation, type Orientation } from '../orientation.ts';
import type { PortableFile } from '../portable.ts';
import { without, type Span } from './spans.ts';

/** Bits of the extended header (RFC 9649, 2.7.1). */
const PROFILE_FLAG = 0x20;
const EXIF_FLAG = 0x08;
const XMP_FLAG = 0x04;

/** A WebP without EXIF, XMP and a profile that does not pass. */
export function portableWebp<Bytes extends Uint8Array>(bytes: Bytes): PortableFile<Bytes | Uint8Array<ArrayBuffer>> {
  const reader = new ByteReader(bytes, 'WebP');
  const end = 8 + reader.u32(4, true);
  const removed: Span[] = [];
  let orientation: Orientation | undefined;
  let window: FrameWindow | undefined;
  let gone = 0;
  for (let at = 12; at + 8 <= end;) {
    const length = reader.u32(at + 4, true);
    const data = bytes.subarray(at + 8, at + 8 + length);
    // Chunks are padded to even lengths; the last one's padding may be missing.
    const next = Math.min(end, at + 8 + length + (length % 2));
    const type = asciiAt(bytes, at, 4);
    let flag = 0;
    if (type === 'EXIF') {
      orientation ??= exifOrientation(data);
      flag = EXIF_FLAG;
    } else if (type === 'XMP ') {
      flag = XMP_FLAG;
    } else if (type === 'ICCP' && !isUsableProfile(data, 'RGB ')) {
      flag = PROFILE_FLAG;
    } else if (type === 'ANMF' && length >= 16) {
      // Positions are halved, sizes less by 1 (2.7.1.1).
      window ??= {
        left: 2 * reader.u24(at + 8),
        top: 2 * reader.u24(at + 11),
        width: reader.u24(at + 14) + 1,
        height: reader.u24(at + 17) + 1,
      };
    }
    gone |= flag;
    if (flag) removed.push([at, next]);
    at = next;
  }
  if (removed.length === 0) return { bytes, orientation: 1, window };
  const shorter = without(bytes.slice(), removed);
  new DataView(shorter.buffer).setUint32(4, end - 8 - removed.reduce((sum, [from, to]) => sum + to - from, 0), true);
  if (asciiAt(shorter, 12, 4) === 'VP8X') shorter[20] &= ~gone;
  return { bytes: shorter, orientation: orientation ?? 1, window };
}

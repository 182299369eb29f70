import { asciiAt, ByteReader } from '../inspect/byte-reader.ts';
import { isUsableProfile } from '../icc-profile.ts';
import { checkJpegScans } from '../jpeg/check-scans.ts';
import { isStartOfFrame, jpegSegments, START_OF_SCAN, type JpegSegment } from '../jpeg/segments.ts';
import { exifOrientation, type Orientation } from '../orientation.ts';
import type { PortableFile } from '../portable.ts';
import { without, type Span } from './spans.ts';

const APPLICATION = 0xe0;
/** Markers that say how the colours are coded: JFIF, and Adobe's transform. */
const KEPT_APPLICATIONS = [0xe0, 0xee];
const COMMENT = 0xfe;
const EXIF = 'Exif\0';
const ICC = 'ICC_PROFILE\0';

/** A quicker check of a JPEG's entropy-coded data. */
export interface JpegCheck {
  /** @returns true only for what `checkJpegScans` passes */
  isWhole(bytes: Uint8Array): boolean;
}

/**
 * A JPEG without EXIF, comments and what applications added, but for what tells how its colours are coded and a profile that passes.
 *
 * @throws AppError IMAGE_UNDECODABLE if its entropy-coded data are not those of the picture
 */
export function portableJpeg<Bytes extends Uint8Array>(bytes: Bytes, check?: JpegCheck): PortableFile<Bytes | Uint8Array<ArrayBuffer>> {
  const reader = new ByteReader(bytes, 'JPEG');
  if (!check?.isWhole(bytes)) checkJpegScans(reader);
  const removed: Span[] = [];
  const profileParts: JpegSegment[] = [];
  let orientation: Orientation | undefined;
  let grey = false;
  for (const segment of jpegSegments(reader)) {
    const { marker, at, start, end } = segment;
    if (marker === START_OF_SCAN) break;
    if (isStartOfFrame(marker)) grey = reader.u8(start + 5) === 1;
    const isApplication = marker >= APPLICATION && marker < APPLICATION + 16;
    if (marker === APPLICATION + 1 && asciiAt(bytes, start, EXIF.length) === EXIF)
      orientation ??= exifOrientation(bytes.subarray(start, end));
    if (marker === APPLICATION + 2 && asciiAt(bytes, start, ICC.length) === ICC) profileParts.push(segment);
    else if (marker === COMMENT || (isApplication && !KEPT_APPLICATIONS.includes(marker))) removed.push([at, end]);
  }
  const hasProfile = isWholeProfile(bytes, profileParts, grey);
  if (!hasProfile) {
    removed.push(...profileParts.map(({ at, end }): Span => [at, end]));
    removed.sort(([a], [b]) => a - b);
  }
  return { bytes: without(bytes, removed), orientation: orientation ?? 1, ...(hasProfile && { hasProfile }) };
}

/**
 * Checks that the parts of a profile (ICC.1:2022, B.4: each with its number and their count) are complete, in order, and make one that
 * passes.
 */
function isWholeProfile(bytes: Uint8Array, parts: readonly JpegSegment[], grey: boolean): boolean {
  const header = ICC.length + 2;
  const areInOrder = parts.every(
    ({ start, end }, i) => end >= start + header && bytes[start + ICC.length] === i + 1 && bytes[start + ICC.length + 1] === parts.length,
  );
  if (parts.length === 0 || !areInOrder) return false;
  const contents = parts.map(({ start, end }) => bytes.subarray(start + header, end));
  const profile = new Uint8Array(contents.reduce((sum, { length }) => sum + length, 0));
  contents.reduce((to, content) => (profile.set(content, to), to + content.length), 0);
  return isUsableProfile(profile, grey ? 'GRAY' : 'RGB ');
}

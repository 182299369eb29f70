import { asciiAt } from './inspect/byte-reader.ts';
import type { ImageFormat } from './inspect.ts';
import { exifOrientation, type Orientation } from './orientation.ts';

/** A file that all decoders read alike, and how to turn what they make of it. */
export interface PortableFile<Bytes extends Uint8Array = Uint8Array> {
  bytes: Bytes;
  /** To be applied after decoding; 1 where the decoder does it, or nothing is to be done. */
  orientation: Orientation;
}

/**
 * Takes out of a PNG or a WebP what some decoders heed and others don't, so that none does:
 * - EXIF, whose orientation is told instead. (Chromium and libvips turn PNGs; libvips turns WebPs, Chromium doesn't.)
 * - PNG's colour chunks `gAMA`, `cHRM`, `cICP`, `mDCV`, `cLLI`, which Chromium converts by and libvips (and Pillow)
 *   ignore. A picture is sRGB, unless it has an ICC profile.
 * - PNG's texts, which libvips unpacks: a few kilobytes may become gigabytes.
 *
 * Every decoder that is used turns JPEGs (EXIF) and AVIFs (`irot`, `imir`); those stay as they are.
 *
 * @param bytes - what `inspectImage` has let through as `format`
 * @returns the same bytes where nothing is to be taken out
 */
export function toPortable<Bytes extends Uint8Array>(bytes: Bytes, format: ImageFormat): PortableFile<Bytes | Uint8Array<ArrayBuffer>> {
  if (format === 'png') return portablePng(bytes);
  return format === 'webp' ? portableWebp(bytes) : { bytes, orientation: 1 };
}

/** Start and end of a piece of a file. */
type Span = [start: number, end: number];

const REMOVED_FROM_PNG = ['eXIf', 'gAMA', 'cHRM', 'cICP', 'mDCV', 'cLLI', 'tEXt', 'zTXt', 'iTXt'];

function portablePng<Bytes extends Uint8Array>(bytes: Bytes): PortableFile<Bytes | Uint8Array<ArrayBuffer>> {
  const view = viewOf(bytes);
  const removed: Span[] = [];
  let orientation: Orientation = 1;
  // Length, type and checksum surround a chunk's data.
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 12 + view.getUint32(at);
    const type = asciiAt(bytes, at + 4, 4);
    if (type === 'eXIf') orientation = exifOrientation(bytes.subarray(at + 8, end - 4));
    if (REMOVED_FROM_PNG.includes(type)) removed.push([at, end]);
    at = end;
  }
  return { bytes: without(bytes, removed), orientation };
}

const VP8X_EXIF_FLAG = 0x08;

function portableWebp<Bytes extends Uint8Array>(bytes: Bytes): PortableFile<Bytes | Uint8Array<ArrayBuffer>> {
  const view = viewOf(bytes);
  const end = 8 + view.getUint32(4, true);
  const removed: Span[] = [];
  let orientation: Orientation = 1;
  for (let at = 12; at + 8 <= end; ) {
    const length = view.getUint32(at + 4, true);
    // Chunks are padded to even lengths; the last one's padding may be missing.
    const next = Math.min(end, at + 8 + length + (length % 2));
    if (asciiAt(bytes, at, 4) === 'EXIF') {
      orientation = exifOrientation(bytes.subarray(at + 8, at + 8 + length));
      removed.push([at, next]);
    }
    at = next;
  }
  if (removed.length === 0) return { bytes, orientation };
  const shorter = without(bytes.slice(), removed);
  viewOf(shorter).setUint32(4, end - 8 - removed.reduce((sum, [from, to]) => sum + to - from, 0), true);
  if (asciiAt(shorter, 12, 4) === 'VP8X') shorter[20] &= ~VP8X_EXIF_FLAG;
  return { bytes: shorter, orientation };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function without<Bytes extends Uint8Array>(bytes: Bytes, removed: Span[]): Bytes | Uint8Array<ArrayBuffer> {
  if (removed.length === 0) return bytes;
  const shorter = new Uint8Array(bytes.length - removed.reduce((sum, [start, end]) => sum + end - start, 0));
  let to = 0;
  let from = 0;
  for (const [start, end] of [...removed, [bytes.length, bytes.length]]) {
    shorter.set(bytes.subarray(from, start), to);
    to += start - from;
    from = end;
  }
  return shorter;
}

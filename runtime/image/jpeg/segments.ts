import type { ByteReader } from '../inspect/byte-reader.ts';

/** A marker segment of a JPEG (ITU-T T.81, B.1.1). */
export interface JpegSegment {
  /** Its marker's second byte. */
  marker: number;
  /** Position at which the marker begins. */
  at: number;
  /** Its content: behind the length. Empty for the end of the image. */
  start: number;
  end: number;
}

export const START_OF_SCAN = 0xda;
export const END_OF_IMAGE = 0xd9;

/**
 * Walks the marker segments of a JPEG, over the entropy-coded data, up to the end of the image, which it yields, or to where the
 * file ends too early. One at a time: a hostile file may hold a million.
 *
 * @throws AppError IMAGE_UNDECODABLE for a length that makes no sense
 */
export function* jpegSegments(reader: ByteReader): Generator<JpegSegment> {
  for (let at = nextMarker(reader.bytes, 2); at >= 0;) {
    const marker = reader.bytes[at + 1];
    if (marker === END_OF_IMAGE) return void (yield { marker, at, start: at + 2, end: at + 2 });
    if (at + 4 > reader.length) return;
    const end = at + 2 + reader.u16(at + 2, false);
    if (end < at + 4) throw reader.damaged();
    yield { marker, at, start: at + 4, end };
    at = end < reader.length ? nextMarker(reader.bytes, end) : -1;
  }
}

/**
 * The position of the next marker, -1 if there is none. Skips entropy-coded data (in which 0xff is followed by 0), restart
 * markers, fill bytes, and stray bytes between segments as decoders do.
 */
function nextMarker(bytes: Uint8Array, from: number): number {
  let at = bytes.indexOf(0xff, from);
  while (at >= 0) {
    const code = bytes[at + 1];
    if (code === undefined) return -1;
    if (code === 0xff) at++;
    else if (code === 0 || isStandalone(code)) at = bytes.indexOf(0xff, at + 2);
    else return at;
  }
  return -1;
}

/** TEM and the restart markers have no length. */
function isStandalone(marker: number): boolean {
  return marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);
}

/** SOF0…SOF15; DHT, JPG and DAC lie in the same range. */
export function isStartOfFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

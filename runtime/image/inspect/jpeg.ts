import type { ByteReader } from './byte-reader.ts';
import type { HeaderFormat, ImageHeader } from './header.ts';

const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;

/** JPEG (ITU-T T.81, annex B): walks the marker segments, over the entropy-coded data, to the end of the image. */
export const jpeg: HeaderFormat<'jpeg'> = {
  name: 'jpeg',
  label: 'JPEG',
  matches: (bytes) => bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff,
  read(reader) {
    let frame: Omit<ImageHeader, 'complete'> | undefined;
    let at = 2;
    for (;;) {
      at = nextMarker(reader.bytes, at);
      if (at < 0 || at >= reader.length) {
        if (!frame) throw reader.truncated();
        return { ...frame, complete: false };
      }
      const marker = reader.bytes[at++];
      if (marker === END_OF_IMAGE) {
        if (!frame) throw reader.damaged();
        return { ...frame, complete: true };
      }
      if (isStandalone(marker)) continue;
      if (at + 2 > reader.length && frame) return { ...frame, complete: false };
      const length = reader.u16(at, false);
      if (length < 2) throw reader.damaged();
      if (isStartOfFrame(marker)) {
        // Decoders refuse a second frame; one that did not could be led past the limits.
        if (frame) throw reader.damaged();
        frame = readFrame(reader, at);
      }
      if (marker === START_OF_SCAN && !frame) throw reader.damaged();
      at += length;
    }
  },
};

/**
 * The position of the next marker's code, -1 where there is none. Skips entropy-coded data (in which 0xff is
 * followed by 0), restart markers, fill bytes, and stray bytes between segments as decoders do.
 */
function nextMarker(bytes: Uint8Array, from: number): number {
  let at = bytes.indexOf(0xff, from);
  while (at >= 0) {
    const code = bytes[at + 1];
    if (code === undefined) return -1;
    if (code === 0xff) at++;
    else if (code === 0 || isStandalone(code)) at = bytes.indexOf(0xff, at + 2);
    else return at + 1;
  }
  return -1;
}

/** TEM and the restart markers have no length. */
function isStandalone(marker: number): boolean {
  return marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);
}

/** SOF0…SOF15; DHT, JPG and DAC lie in the same range. */
function isStartOfFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

function readFrame(reader: ByteReader, at: number): Omit<ImageHeader, 'complete'> {
  const height = reader.u16(at + 3, false);
  const width = reader.u16(at + 5, false);
  const components = reader.u8(at + 7);
  // A height of 0 promises it for later (DNL), which decoders do not support.
  if (width === 0 || height === 0 || (components !== 1 && components !== 3 && components !== 4)) throw reader.damaged();
  return { width, height, cmyk: components === 4 };
}

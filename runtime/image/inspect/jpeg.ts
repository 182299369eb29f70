import { jpegCoding } from '../cost/jpeg-coding.ts';
import { END_OF_IMAGE, isStartOfFrame, jpegSegments, START_OF_SCAN } from '../jpeg/segments.ts';
import type { ByteReader } from './byte-reader.ts';
import type { HeaderFormat, ImageHeader } from './header.ts';

/** Frames that are not decoded, by the second digit of their marker's code (T.81, table B.1). Decoders have them here and there. */
const UNSUPPORTED_FRAMES: Record<number, string | undefined> = {
  3: 'lossless',
  5: 'hierarchical',
  6: 'hierarchical, progressive',
  7: 'hierarchical, lossless',
  9: 'arithmetic coding',
  10: 'arithmetic coding, progressive',
  11: 'arithmetic coding, lossless',
  13: 'arithmetic coding, hierarchical',
  14: 'arithmetic coding, hierarchical and progressive',
  15: 'arithmetic coding, hierarchical and lossless',
};

/** JPEG (ITU-T T.81, annex B): walks the marker segments, over the entropy-coded data, to the end of the image. */
export const jpeg: HeaderFormat<'jpeg'> = {
  name: 'jpeg',
  label: 'JPEG',
  matches: (bytes) => bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff,
  coding: jpegCoding,
  read(reader) {
    let frame: Omit<ImageHeader, 'complete'> | undefined;
    for (const { marker, start } of jpegSegments(reader)) {
      if (isStartOfFrame(marker)) {
        // Decoders refuse a second frame; one that did not could be led past the limits.
        if (frame) throw reader.damaged();
        frame = readFrame(reader, start, marker);
      }
      if ((marker === START_OF_SCAN || marker === END_OF_IMAGE) && !frame) throw reader.damaged();
      if (marker === END_OF_IMAGE) return { ...frame!, complete: true };
    }
    if (!frame) throw reader.truncated();
    return { ...frame, complete: false };
  },
};

function readFrame(reader: ByteReader, at: number, marker: number): Omit<ImageHeader, 'complete'> {
  const bits = reader.u8(at);
  const height = reader.u16(at + 1, false);
  const width = reader.u16(at + 3, false);
  const components = reader.u8(at + 5);
  const coding = UNSUPPORTED_FRAMES[marker - 0xc0];
  const unsupported = coding ?? (bits === 8 ? undefined : `${bits} bits a sample`);
  // A height of 0 promises it for later (DNL), which decoders do not support.
  if (width === 0 || height === 0 || (components !== 1 && components !== 3 && components !== 4)) throw reader.damaged();
  return { width, height, cmyk: components === 4, unsupported };
}

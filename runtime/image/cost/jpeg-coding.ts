import { asciiAt, type ByteReader } from '../inspect/byte-reader.ts';
import { isStartOfFrame, jpegSegments, START_OF_SCAN } from '../jpeg/segments.ts';
import { exifOrientation } from '../orientation.ts';
import type { Coding } from './coding.ts';

const EXIF = 0xe1;
/** Frames that are decoded line by line, where they come in one scan: baseline and extended sequential. */
const SEQUENTIAL = [0xc0, 0xc1];

/** JPEG (ITU-T T.81, annex B): the frame, the first scan, and EXIF among the segments before it. */
export function jpegCoding(reader: ByteReader): Partial<Coding> {
  let components = 3;
  let codedSamples = 3;
  let sequential = true;
  let turned = false;
  for (const { marker, start, end } of jpegSegments(reader)) {
    if (isStartOfFrame(marker)) {
      sequential = SEQUENTIAL.includes(marker);
      components = reader.u8(start + 5);
      codedSamples = samplesOf(reader, start + 6, components);
    }
    if (marker === EXIF && asciiAt(reader.bytes, start, 4) === 'Exif') turned ||= exifOrientation(reader.bytes.subarray(start, end)) !== 1;
    // A scan with fewer components than the frame is not the only one.
    if (marker === START_OF_SCAN) return { codedSamples, turned, whole: !sequential || reader.u8(start) < components };
  }
  throw reader.damaged();
}

/** Coded samples a pixel: each component's share by its sampling factors. */
function samplesOf(reader: ByteReader, at: number, components: number): number {
  const factors = Array.from({ length: components }, (_, i) => reader.u8(at + 3 * i + 1));
  const across = Math.max(...factors.map((factor) => factor >> 4), 1);
  const down = Math.max(...factors.map((factor) => factor & 15), 1);
  return factors.reduce((sum, factor) => sum + ((factor >> 4) * (factor & 15)) / (across * down), 0);
}

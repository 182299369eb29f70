import type { RgbImage } from './rgb-image.ts';

/** EXIF orientations (TIFF 6.0, tag 274): how a stored picture must be turned to be upright. 1 is as it is. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const ORIENTATION_TAG = 0x0112;
const SHORT = 3;

/**
 * The orientation that EXIF data give.
 *
 * @param exif - a TIFF structure, with or without "Exif\0\0" before it, as PNG's `eXIf` and WebP's `EXIF` chunks hold it
 * @returns 1 where there is none, or none that means anything: damaged metadata are no reason to refuse a picture
 */
export function exifOrientation(exif: Uint8Array): Orientation {
  const view = new DataView(exif.buffer, exif.byteOffset, exif.byteLength);
  const has = (at: number, count: number): boolean => at + count <= exif.length;
  const start = has(0, 6) && view.getUint32(0) === 0x45786966 && view.getUint16(4) === 0 ? 6 : 0;
  if (!has(start, 8)) return 1;
  const littleEndian = view.getUint16(start) === 0x4949;
  if ((!littleEndian && view.getUint16(start) !== 0x4d4d) || view.getUint16(start + 2, littleEndian) !== 42) return 1;
  const directory = start + view.getUint32(start + 4, littleEndian);
  if (!has(directory, 2)) return 1;
  const entries = view.getUint16(directory, littleEndian);
  for (let at = directory + 2; at < directory + 2 + 12 * entries && has(at, 12); at += 12) {
    if (view.getUint16(at, littleEndian) !== ORIENTATION_TAG) continue;
    const value = view.getUint16(at + 8, littleEndian);
    return view.getUint16(at + 2, littleEndian) === SHORT && value >= 1 && value <= 8 ? (value as Orientation) : 1;
  }
  return 1;
}

/** Turns a stored picture upright. @returns a new image; the same one for orientation 1 */
export function turnUpright(stored: RgbImage, orientation: Orientation): RgbImage {
  if (orientation === 1) return stored;
  const { width: storedWidth, height: storedHeight, data: from } = stored;
  const quarter = orientation >= 5;
  const width = quarter ? storedHeight : storedWidth;
  const height = quarter ? storedWidth : storedHeight;
  const fromRight = [2, 3, 7, 8].includes(orientation);
  const fromBottom = [3, 4, 6, 7].includes(orientation);
  // Steps through the stored pixels while the upright ones are written from left to right, row after row.
  const column = fromRight ? -3 : 3;
  const row = (fromBottom ? -3 : 3) * storedWidth;
  const first = ((fromBottom ? storedHeight - 1 : 0) * storedWidth + (fromRight ? storedWidth - 1 : 0)) * 3;
  const [stepX, stepY] = quarter ? [row, column] : [column, row];
  const data = new Uint8Array(from.length);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0, at = first + y * stepY; x < width; x++, at += stepX, to += 3) {
      data[to] = from[at];
      data[to + 1] = from[at + 1];
      data[to + 2] = from[at + 2];
    }
  }
  return { width, height, data };
}

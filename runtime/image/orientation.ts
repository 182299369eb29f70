import { AppError } from '../errors/catalogue.ts';
import { asciiAt, ByteReader } from './inspect/byte-reader.ts';
import { TiffStructure, type TiffField } from './inspect/tiff-directory.ts';
import type { RgbImage } from './rgb-image.ts';

/** EXIF orientations (TIFF 6.0, tag 274): how a stored picture must be turned to be upright. 1 is as it is. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const ORIENTATION_TAG = 0x0112;
/** Name before EXIF data in a JPEG, and in some other files. The sixth byte is to be 0, and is not always. */
const EXIF_NAME = 'Exif\0';

/**
 * The orientation that EXIF data give, whatever format carries them.
 *
 * @param exif - a TIFF structure, with or without "Exif\0\0" before it
 * @returns 1 if there is none, or none that means anything: damaged metadata are no reason to refuse a picture
 */
export function exifOrientation(exif: Uint8Array): Orientation {
  const start = asciiAt(exif, 0, EXIF_NAME.length) === EXIF_NAME ? EXIF_NAME.length + 1 : 0;
  try {
    const structure = new TiffStructure(new ByteReader(exif.subarray(start), 'EXIF'));
    return orientationOf(structure, structure.fields());
  } catch (error) {
    if (error instanceof AppError) return 1;
    throw error;
  }
}

/**
 * The orientation that the fields of a directory give. EXIF wants one SHORT; writers give any whole number, and several:
 * the first one counts.
 *
 * @returns 1 if there is none, or none that means anything
 * @throws AppError IMAGE_TRUNCATED if it is not within the file
 */
export function orientationOf(structure: TiffStructure, fields: Iterable<TiffField>): Orientation {
  for (const field of fields) {
    if (field.tag !== ORIENTATION_TAG) continue;
    const value = structure.hasNumbers(field) ? structure.numberAt(field, 0) : 1;
    return value >= 1 && value <= 8 ? (value as Orientation) : 1;
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

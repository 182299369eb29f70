import { AppError } from '../errors/catalogue.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { onWhite } from './on-white.ts';
import type { RgbImage } from './rgb-image.ts';

/** A decoded picture, row by row: 3 bytes a pixel (RGB) or 4 (RGBA, alpha not multiplied into the colours), as an `ImageData` has them. */
export interface Pixels {
  width: number;
  height: number;
  data: Uint8Array | Uint8ClampedArray;
}

/** Puts pixels on white. @throws AppError as `channelsOf` */
export function rgbOfPixels(pixels: Pixels): RgbImage {
  const { width, height, data } = pixels;
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.length);
  return { width, height, data: channelsOf(pixels) === 3 ? bytes : onWhite(bytes.slice(), 4) };
}

/** @throws AppError INPUT_UNSUPPORTED for sizes that do not fit, IMAGE_TOO_MANY_PIXELS */
export function channelsOf({ width, height, data }: Pixels): 3 | 4 {
  const pixels = checkPixelCount(width, height);
  const channels = data.length / pixels;
  if (channels === 3 || channels === 4) return channels;
  throw new AppError('INPUT_UNSUPPORTED', {
    expected: `${3 * pixels} (RGB) or ${4 * pixels} (RGBA) bytes for ${width} x ${height} pixels`,
    got: `${data.length}`,
  });
}

/** @throws AppError INPUT_UNSUPPORTED if a side is no whole number from 1, IMAGE_TOO_MANY_PIXELS */
export function checkPixelCount(width: number, height: number): number {
  const isSide = (side: number): boolean => Number.isInteger(side) && side > 0;
  if (!isSide(width) || !isSide(height))
    throw new AppError('INPUT_UNSUPPORTED', { expected: 'a picture with a width and a height', got: `${width} x ${height} pixels` });
  const { maxPixels } = DEFAULT_LIMITS;
  if (width * height > maxPixels) throw new AppError('IMAGE_TOO_MANY_PIXELS', { width, height, maxPixels });
  return width * height;
}

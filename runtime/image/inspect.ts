import { AppError } from '../errors/catalogue.ts';
import { codingOf } from './cost/coding.ts';
import { decodingBytesOf } from './cost/decoding-bytes.ts';
import { avif } from './inspect/avif.ts';
import { ByteReader } from './inspect/byte-reader.ts';
import { gif } from './inspect/gif.ts';
import { heifKind } from './inspect/heif-brands.ts';
import { jpeg } from './inspect/jpeg.ts';
import { png } from './inspect/png.ts';
import { tiff } from './inspect/tiff.ts';
import { webp } from './inspect/webp.ts';
import type { ImageFormat } from './image-format.ts';

/** The formats that are accepted, by what a file holds and not by what it is called. */
const formats = [jpeg, png, webp, gif, avif, tiff] as const;

export type { ImageFormat } from './image-format.ts';

export interface ImageLimits {
  /** Largest encoded size in bytes. */
  maxBytes: number;
  /** Largest width · height. */
  maxPixels: number;
  /** Largest width, and largest height. */
  maxSide: number;
  /** Most memory that decoding may take, in bytes, as `decodingBytesOf` tells it beforehand. */
  maxDecodingBytes: number;
}

export const DEFAULT_LIMITS: Readonly<ImageLimits> = {
  maxBytes: 10 * 1024 * 1024,
  maxPixels: 50_000_000,
  maxSide: 32_768,
  maxDecodingBytes: 256_000_000,
};

export interface ImageInfo {
  format: ImageFormat;
  /** Pixels as stored: before the EXIF orientation is applied. */
  width: number;
  height: number;
  /** Memory that decoding takes, in bytes. */
  decodingBytes: number;
}

/**
 * The policy on encoded images, the same on server and in browsers: reads the headers, decodes nothing, and
 * lets through only what a decoder may then be given. Its cost is bounded by the number of bytes, not by the
 * number of pixels that they claim.
 *
 * @param bytes - a whole file
 * @throws AppError, and nothing else: IMAGE_TOO_LARGE, IMAGE_NOT_RECOGNISED, IMAGE_HEIC, IMAGE_CMYK,
 *   IMAGE_KIND_UNSUPPORTED, IMAGE_SIDE_TOO_LONG, IMAGE_TOO_MANY_PIXELS, IMAGE_TOO_MUCH_MEMORY, IMAGE_TRUNCATED, or IMAGE_UNDECODABLE for headers that
 *   contradict themselves
 */
export function inspectImage(bytes: Uint8Array, limits: Readonly<ImageLimits> = DEFAULT_LIMITS): ImageInfo {
  if (bytes.length > limits.maxBytes) throw new AppError('IMAGE_TOO_LARGE', { maxBytes: limits.maxBytes });
  const format = formats.find(({ matches }) => matches(bytes));
  if (!format) {
    throw heifKind(bytes) === 'heic' ? new AppError('IMAGE_HEIC', {}) : new AppError('IMAGE_NOT_RECOGNISED', { bytes: bytes.length });
  }
  const reader = new ByteReader(bytes, format.label);
  const { width, height, cmyk, unsupported, complete } = format.read(reader);
  if (Math.max(width, height) > limits.maxSide) throw new AppError('IMAGE_SIDE_TOO_LONG', { width, height, maxSide: limits.maxSide });
  if (width * height > limits.maxPixels) {
    throw new AppError('IMAGE_TOO_MANY_PIXELS', { width, height, maxPixels: limits.maxPixels });
  }
  if (cmyk) throw new AppError('IMAGE_CMYK', { format: format.label });
  if (unsupported !== undefined) throw new AppError('IMAGE_KIND_UNSUPPORTED', { format: format.label, kind: unsupported });
  if (!complete) throw new AppError('IMAGE_TRUNCATED', { format: format.label });
  const decodingBytes = decodingBytesOf(codingOf(reader, format.name, { width, height }));
  if (decodingBytes > limits.maxDecodingBytes) {
    throw new AppError('IMAGE_TOO_MUCH_MEMORY', { decodingBytes, maxDecodingBytes: limits.maxDecodingBytes });
  }
  return { format: format.name, width, height, decodingBytes };
}

import { AppError } from '../errors/catalogue.ts';
import { codingOf } from './cost/coding.ts';
import { decodingBytesOf } from './cost/decoding-bytes.ts';
import type { ImageFormat } from './image-format.ts';
import { ByteReader } from './inspect/byte-reader.ts';
import type { HeaderFormat } from './inspect/header.ts';
import type { ImageLimits } from './limits.ts';

export interface ImageInfo {
  format: ImageFormat;
  /** Pixels as stored: before the EXIF orientation is applied. */
  width: number;
  height: number;
  /** Memory that decoding takes, in bytes. */
  decodingBytes: number;
}

/** @throws AppError IMAGE_TOO_LARGE */
export function requireBytesWithin(limits: Pick<ImageLimits, 'maxBytes'>, bytes: Uint8Array): void {
  if (bytes.length > limits.maxBytes) throw new AppError('IMAGE_TOO_LARGE', { maxBytes: limits.maxBytes });
}

/** Inspects a file that begins as one of this format, as `inspectImage` says. @throws AppError as `inspectImage` */
export function inspectAs(format: HeaderFormat<ImageFormat>, bytes: Uint8Array, limits: Readonly<ImageLimits>): ImageInfo {
  requireBytesWithin(limits, bytes);
  const reader = new ByteReader(bytes, format.label);
  const { width, height, cmyk, unsupported, complete } = format.read(reader);
  if (Math.max(width, height) > limits.maxSide) throw new AppError('IMAGE_SIDE_TOO_LONG', { width, height, maxSide: limits.maxSide });
  if (width * height > limits.maxPixels) {
    throw new AppError('IMAGE_TOO_MANY_PIXELS', { width, height, maxPixels: limits.maxPixels });
  }
  if (cmyk) throw new AppError('IMAGE_CMYK', { format: format.label });
  if (unsupported !== undefined) throw new AppError('IMAGE_KIND_UNSUPPORTED', { format: format.label, kind: unsupported });
  if (!complete) throw new AppError('IMAGE_TRUNCATED', { format: format.label });
  const decodingBytes = decodingBytesOf(codingOf(reader, format, { width, height }));
  if (decodingBytes > limits.maxDecodingBytes) {
    throw new AppError('IMAGE_TOO_MUCH_MEMORY', { decodingBytes, maxDecodingBytes: limits.maxDecodingBytes });
  }
  return { format: format.name, width, height, decodingBytes };
}

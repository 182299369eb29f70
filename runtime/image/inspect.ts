import { AppError } from '../errors/catalogue.ts';
import { avif } from './inspect/avif.ts';
import { gif } from './inspect/gif.ts';
import { heifKind } from './inspect/heif-brands.ts';
import { jpeg } from './inspect/jpeg.ts';
import { png } from './inspect/png.ts';
import { tiff } from './inspect/tiff.ts';
import { webp } from './inspect/webp.ts';
import { inspectAs, requireBytesWithin, type ImageInfo } from './inspect-as.ts';
import { DEFAULT_LIMITS, type ImageLimits } from './limits.ts';

/** The formats that are accepted, by what a file holds and not by what it is called. */
const formats = [jpeg, png, webp, gif, avif, tiff] as const;

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
  const format = formats.find(({ matches }) => matches(bytes));
  if (format) return inspectAs(format, bytes, limits);
  requireBytesWithin(limits, bytes);
  throw heifKind(bytes) === 'heic' ? new AppError('IMAGE_HEIC', {}) : new AppError('IMAGE_NOT_RECOGNISED', { bytes: bytes.length });
}

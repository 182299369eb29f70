import type { SharpOptions } from 'sharp';
import { AppError } from '../errors/catalogue.ts';
import { readAvifMetadata } from '../image/avif/metadata.ts';
import { inspectImage, type ImageFormat, type ImageInfo, type ImageLimits } from '../image/inspect.ts';
import { onWhite } from '../image/on-white.ts';
import { finish, toPortable } from '../image/portable.ts';
import type { RgbImage } from '../image/rgb-image.ts';
import { decodeAvifLayers } from './decode-avif-layers.ts';
import { loadSharp } from './load-sharp.ts';
import { reduceDepth } from './reduce-depth.ts';

/** Formats whose samples may have more than 8 bits. */
const DEEP_FORMATS: readonly ImageFormat[] = ['png', 'tiff', 'avif'];

/**
 * Encoded bytes to RGB, by the image policy (docs/images.md), for the server's uploads and for training images alike:
 * EXIF orientation applied, colours converted to sRGB, alpha flattened on white, the first frame of an animation,
 * 16 bits reduced to 8.
 *
 * @param admit - waited for between the inspection and the decoding: who shares memory waits here until there is enough
 * @throws AppError IMAGE_* with the code of what is wrong; PROGRAM_FILE_MISSING where sharp is not installed
 */
export async function decodeImage(bytes: Uint8Array, limits: ImageLimits, admit?: (info: ImageInfo) => Promise<void>): Promise<RgbImage> {
  const info = inspectImage(bytes, limits);
  await admit?.(info);
  const { format } = info;
  const sharp = await loadSharp();
  const portable = await toPortable(bytes, format);
  const avif = format === 'avif' ? readAvifMetadata(portable.bytes) : undefined;
  const options: SharpOptions = {
    // Also what libvips calls a mere error: pixels it made up for damaged parts must not be classified.
    failOn: 'error',
    limitInputPixels: limits.maxPixels,
    pages: 1,
  };
  try {
    const layered = avif && (await decodeAvifLayers(sharp, portable.bytes, avif, options));
    if (layered) return finish(layered, portable);
    const eightBits = DEEP_FORMATS.includes(format) ? await reduceDepth(sharp, portable.bytes, options) : portable.bytes;
    const image = sharp(eightBits, options).toColourspace('srgb');
    if (portable.opaque) image.removeAlpha();
    const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    return finish({ width, height, data: channels === 3 ? data : onWhite(data, channels, avif?.premultiplied) }, portable);
  } catch (error) {
    if (error instanceof AppError) throw error;
    // libvips has no codes, only texts.
    const text = error instanceof Error ? error.message : String(error);
    const truncated = /premature|truncat|end of (?:file|stream|data)|unexpected eof|short read|not enough|incomplete/i.test(text);
    throw new AppError(truncated ? 'IMAGE_TRUNCATED' : 'IMAGE_UNDECODABLE', { format: format.toUpperCase() }, { cause: error });
  }
}

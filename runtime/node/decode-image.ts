import type { SharpOptions } from 'sharp';
import { AppError } from '../errors/catalogue.ts';
import { readAvifMetadata } from '../image/avif/metadata.ts';
import { inspectImage } from '../image/inspect.ts';
import type { ImageFormat } from '../image/image-format.ts';
import type { ImageInfo } from '../image/inspect-as.ts';
import type { ImageLimits } from '../image/limits.ts';
import { onWhite } from '../image/on-white.ts';
import { finish, toPortable } from '../image/portable.ts';
import type { RgbImage } from '../image/rgb-image.ts';
import { decodeAvifLayers } from './decode-avif-layers.ts';
import type { JpegDecoder } from './jpeg/native-decoder.ts';
import { loadSharp } from './load-sharp.ts';
import { reduceDepth } from './reduce-depth.ts';

export interface ImageDecodeOptions {
  /** Waited for between the inspection and the decoding: who shares memory waits here until there is enough. */
  admit?: (info: ImageInfo) => Promise<void>;
  /** Decodes JPEGs in this thread, those without a profile that it takes; without it sharp decodes all. The pixels are the same. */
  jpeg?: JpegDecoder;
  /** Memory for the pixels of such a JPEG, which may be reused once they are no longer needed. Default: new memory. */
  memory?: (byteLength: number) => Uint8Array;
}

/** Formats whose samples may have more than 8 bits. */
const DEEP_FORMATS: readonly ImageFormat[] = ['png', 'tiff', 'avif'];

/**
 * Encoded bytes to RGB, by the image policy (docs/images.md), for the server's uploads and for training images alike:
 * EXIF orientation applied, colours converted to sRGB, alpha flattened on white, the first frame of an animation,
 * 16 bits reduced to 8.
 *
 * @throws AppError IMAGE_* with the code of what is wrong; PROGRAM_FILE_MISSING where sharp is not installed
 */
export async function decodeImage(bytes: Uint8Array, limits: ImageLimits, options: ImageDecodeOptions = {}): Promise<RgbImage> {
  const { admit, jpeg, memory = (byteLength) => new Uint8Array(byteLength) } = options;
  const info = inspectImage(bytes, limits);
  await admit?.(info);
  const { format } = info;
  const portable = await toPortable(bytes, format, jpeg);
  if (jpeg && format === 'jpeg' && !portable.hasProfile) {
    const { width, height } = info;
    const data = memory(3 * width * height);
    if (jpeg.decode(portable.bytes, info, data)) return finish({ width, height, data }, portable);
  }
  const avif = format === 'avif' ? readAvifMetadata(portable.bytes) : undefined;
  const sharpOptions: SharpOptions = {
    // Also what libvips calls a mere error: pixels it made up for damaged parts must not be classified.
    failOn: 'error',
    limitInputPixels: limits.maxPixels,
    pages: 1,
  };
  const sharp = await loadSharp();
  try {
    const layered = avif && (await decodeAvifLayers(sharp, portable.bytes, avif, sharpOptions));
    if (layered) return finish(layered, portable);
    const eightBits = DEEP_FORMATS.includes(format) ? await reduceDepth(sharp, portable.bytes, sharpOptions) : portable.bytes;
    const image = sharp(eightBits, sharpOptions).toColourspace('srgb');
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

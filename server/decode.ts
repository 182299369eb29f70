import { AppError, inspectImage, type ImageLimits, type RgbImage } from '@sld-edge/runtime';
import sharp from 'sharp';

// Every image comes once, so libvips' cache of operations only costs memory; and parallelism comes from the
// workers, not from threads within one image (which also fragment glibc's heap).
sharp.cache(false);
sharp.concurrency(1);

/**
 * Encoded bytes to RGB, by the image policy (docs/architecture.md): EXIF orientation applied, colours converted to
 * sRGB, alpha flattened on white, the first frame of an animation, 16 bits reduced to 8.
 *
 * @throws AppError IMAGE_* with the code of what is wrong
 */
export async function decodeImage(bytes: Uint8Array, limits: ImageLimits): Promise<RgbImage> {
  const { format } = inspectImage(bytes, limits);
  try {
    const { data, info } = await sharp(bytes, {
      // Also what libvips calls a mere error: pixels it made up for damaged parts must not be classified.
      failOn: 'error',
      limitInputPixels: limits.maxPixels,
      pages: 1,
    })
      .autoOrient()
      .toColourspace('srgb')
      .flatten({ background: '#ffffff' })
      .removeAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return {
      width: info.width,
      height: info.height,
      data: info.channels === 1 ? greyToRgb(data) : data,
    };
  } catch (error) {
    // libvips has no codes, only texts.
    const text = error instanceof Error ? error.message : String(error);
    const truncated = /premature|truncat|end of (?:file|stream|data)|unexpected eof|short read|not enough|incomplete/i.test(text);
    throw new AppError(truncated ? 'IMAGE_TRUNCATED' : 'IMAGE_UNDECODABLE', { format: format.toUpperCase() }, { cause: error });
  }
}

function greyToRgb(grey: Uint8Array): Uint8Array {
  const rgb = new Uint8Array(grey.length * 3);
  for (let i = 0; i < grey.length; i++) rgb.fill(grey[i], i * 3, i * 3 + 3);
  return rgb;
}

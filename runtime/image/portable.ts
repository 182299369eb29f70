import { programPart } from '../errors/program-part.ts';
import { applyTransforms, type AvifTransform } from './avif/transforms.ts';
import { whiteOutside, type FrameWindow } from './frame-window.ts';
import { ByteReader } from './inspect/byte-reader.ts';
import type { ImageFormat } from './image-format.ts';
import { turnUpright, type Orientation } from './orientation.ts';
import type { JpegCheck } from './portable/jpeg.ts';
import { portablePng } from './portable/png.ts';
import { portableWebp } from './portable/webp.ts';
import type { RgbImage } from './rgb-image.ts';

/** A file that all decoders read alike, and what is to be done with what they make of it. */
export interface PortableFile<Bytes extends Uint8Array = Uint8Array> {
  bytes: Bytes;
  /** Orientation to apply after decoding; 1 if nothing is to be done. */
  orientation: Orientation;
  /** Turns and crops of an AVIF. */
  transforms?: readonly AvifTransform[];
  /** True of a JPEG with a profile that passes: its colours are converted by it. */
  hasProfile?: boolean;
  /** Rectangle that the first frame of an animation covers. */
  window?: FrameWindow;
  /** True if a decoder takes samples for alpha that are none. */
  opaque?: boolean;
}

/**
 * Takes out of a file what some decoders heed and others don't, or not in the same way, so that none does:
 * - EXIF, whose orientation is told instead;
 * - ICC profiles that do not pass our check (`isUsableProfile`);
 * - PNG's colour chunks (`gAMA`, `cHRM`, `cICP` and others), by which Chromium converts and libvips (and Pillow) don't, and
 *   its animation: a picture is sRGB unless it has a profile, and an animated PNG its default image;
 * - comments, and what else is no part of the picture.
 *
 * And refuses what decoders pass over in silence: entropy-coded data of a JPEG that are not those of its picture, wrong checksums
 * of PNG. So is what decoders do not have, or not in the same way (IMAGE_KIND_UNSUPPORTED).
 *
 * @param bytes - what `inspectImage` has let through as `format`
 * @param jpegCheck - asked first whether a JPEG's data are whole; where it does not say so, `checkJpegScans` decides
 * @returns the same bytes where nothing is to be taken out
 * @throws AppError IMAGE_UNDECODABLE, IMAGE_KIND_UNSUPPORTED, PROGRAM_FILE_MISSING
 */
export async function toPortable<Bytes extends Uint8Array>(
  bytes: Bytes,
  format: ImageFormat,
  jpegCheck?: JpegCheck,
): Promise<PortableFile<Bytes | Uint8Array<ArrayBuffer>>> {
  switch (format) {
    case 'jpeg':
      // What checks its data is large, and a page's first label is mostly that of a PNG: imported when wanted, as all that is rare.
      return (await programPart('the reader of JPEG', import('./portable/jpeg.ts'))).portableJpeg(bytes, jpegCheck);
    case 'png':
      return portablePng(bytes);
    case 'webp':
      return portableWebp(bytes);
    case 'gif':
      return (await programPart('the reader of GIF', import('./portable/gif.ts'))).portableGif(bytes);
    case 'avif':
      return (await programPart('the reader of AVIF', import('./portable/avif.ts'))).portableAvif(bytes);
    case 'tiff':
      return {
        bytes,
        ...(await programPart('the reader of TIFF', import('./inspect/tiff.ts'))).readTiffPicture(new ByteReader(bytes, 'TIFF')),
      };
  }
}

/**
 * Does with a decoded picture what its file was relieved of: white where its frame is not, then turned and cropped.
 *
 * @throws AppError IMAGE_UNDECODABLE for a crop that is not one of whole pixels within the picture
 */
export function finish(
  decoded: RgbImage,
  { window, orientation, transforms = [] }: Pick<PortableFile, 'window' | 'orientation' | 'transforms'>,
): RgbImage {
  return applyTransforms(turnUpright(window ? whiteOutside(decoded, window) : decoded, orientation), transforms);
}

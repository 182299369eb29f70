import { AppError } from '../../errors/catalogue.ts';
import type { RgbImage } from '../../image/rgb-image.ts';

/**
 * Decodes a file by the browser and puts it on white. By default `createImageBitmap` converts colours; asking it not to would make
 * it differ from the server. Alpha is multiplied when the picture is drawn, not before: Chromium would convert the
 * colours of a profile from 8 bits already multiplied, up to 7 levels off, and round WebP in a way of its own.
 *
 * @throws AppError IMAGE_KIND_UNSUPPORTED if the browser does not know the format, IMAGE_UNDECODABLE where it can't decode the
 *   file, IMAGE_NOT_DRAWN where it gives no pixels of what it decoded
 */
export async function drawOnWhite(file: Blob, format: string): Promise<RgbImage> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file, { premultiplyAlpha: 'none' });
  } catch {
    throw (await isKnown(file.type))
      ? new AppError('IMAGE_UNDECODABLE', { format: format.toUpperCase() })
      : new AppError('IMAGE_KIND_UNSUPPORTED', { format: format.toUpperCase(), kind: 'this browser has no decoder for it' });
  }
  try {
    return bitmapOnWhite(bitmap);
  } finally {
    bitmap.close();
  }
}

/** Returns true if the browser has a decoder for a type. If it does not tell, TIFF alone is taken for unknown. */
async function isKnown(type: string): Promise<boolean> {
  return typeof ImageDecoder === 'undefined' ? type !== 'image/tiff' : ImageDecoder.isTypeSupported(type);
}

/** Draws a decoded picture on white. @throws AppError IMAGE_NOT_DRAWN */
export function bitmapOnWhite(bitmap: ImageBitmap): RgbImage {
  const { width, height } = bitmap;
  const notDrawn = (): AppError => new AppError('IMAGE_NOT_DRAWN', { width, height });
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true, colorSpace: 'srgb' });
  if (!context) throw notDrawn();
  context.fillStyle = '#fff';
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0);
  // A canvas that is too large, or for which there is no memory, takes everything in silence, and gives nothing back or throws.
  let data: Uint8Array | undefined;
  try {
    data = dropAlpha(context.getImageData(0, 0, width, height).data);
  } catch {
    throw notDrawn();
  }
  if (!data) throw notDrawn();
  return { width, height, data };
}

/** RGBA to RGB. @returns undefined if not everything is opaque, as it is once a picture stands on white */
function dropAlpha(rgba: Uint8ClampedArray): Uint8Array | undefined {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  let alpha = 255;
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    rgb[to] = rgba[from];
    rgb[to + 1] = rgba[from + 1];
    rgb[to + 2] = rgba[from + 2];
    alpha &= rgba[from + 3];
  }
  return alpha === 255 ? rgb : undefined;
}

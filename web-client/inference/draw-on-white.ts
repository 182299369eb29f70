import { AppError, type RgbImage } from '@sld-edge/runtime';

/**
 * By default `createImageBitmap` applies the orientation and converts colours; asking it not to convert them would make
 * it differ from the server. Alpha is multiplied when the picture is drawn, not before: Chromium would convert the
 * colours of a profile from 8 bits already multiplied, up to 7 levels off, and round WebP in a way of its own.
 */
export async function drawOnWhite(file: Blob, format: string): Promise<RgbImage> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file, { premultiplyAlpha: 'none' });
  } catch {
    throw new AppError('IMAGE_UNDECODABLE', { format });
  }
  try {
    const { width, height } = bitmap;
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true, colorSpace: 'srgb' });
    if (!context) throw new AppError('IMAGE_UNDECODABLE', { format, width, height });
    context.fillStyle = '#fff';
    context.fillRect(0, 0, width, height);
    context.drawImage(bitmap, 0, 0);
    return { width, height, data: dropAlpha(context.getImageData(0, 0, width, height).data) };
  } finally {
    bitmap.close();
  }
}

/** RGBA to RGB; the alpha is 255 everywhere once the picture stands on white. */
function dropAlpha(rgba: Uint8ClampedArray): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    rgb[to] = rgba[from];
    rgb[to + 1] = rgba[from + 1];
    rgb[to + 2] = rgba[from + 2];
  }
  return rgb;
}

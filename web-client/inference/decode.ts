import { AppError, inspectImage, type RgbImage } from '@sld-edge/runtime';

export interface DecodedImage {
  rgb: RgbImage;
  format: string;
}

/**
 * Decodes as the image policy says: EXIF orientation applied, colours converted to sRGB, alpha
 * flattened on white. `createImageBitmap` does the first two by default; asking it not to convert
 * colours would make it differ from the server.
 *
 * @throws AppError what `inspectImage` throws, and IMAGE_UNDECODABLE where this browser can't decode the format
 */
export async function decodeImage(bytes: Uint8Array<ArrayBuffer>): Promise<DecodedImage> {
  const { format } = inspectImage(bytes);
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(new Blob([bytes], { type: `image/${format}` }));
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
    return { rgb: { width, height, data: dropAlpha(context.getImageData(0, 0, width, height).data) }, format };
  } finally {
    bitmap.close();
  }
}

/** RGBA to RGB; the alpha is 255 everywhere once the picture stands on white. */
export function dropAlpha(rgba: Uint8ClampedArray): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    rgb[to] = rgba[from];
    rgb[to + 1] = rgba[from + 1];
    rgb[to + 2] = rgba[from + 2];
  }
  return rgb;
}

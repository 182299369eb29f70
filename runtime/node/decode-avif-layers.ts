import sharp, { type SharpOptions } from 'sharp';
import { avifLayers, withoutTransforms } from '../image/avif/layers.ts';
import type { AvifMetadata } from '../image/avif/metadata.ts';
import { widenStudioGrey } from '../image/avif/studio-grey.ts';
import { applyTransforms } from '../image/avif/transforms.ts';
import { onWhite, withAlpha } from '../image/on-white.ts';
import type { RgbImage } from '../image/rgb-image.ts';
import { tiffWithProfile } from './tiff-with-profile.ts';

/**
 * Decodes, in its layers, an AVIF of which libheif (1.23) as a whole makes something else: it does not widen grey of
 * studio range, turns and crops alpha by the alpha's properties alone, and rounds a crop's fractions.
 *
 * @returns undefined where the whole may be left to libheif, and for a sequence of frames
 * @throws AppError IMAGE_UNDECODABLE for a crop that is not one of whole pixels; what sharp throws
 */
export async function decodeAvifLayers(bytes: Uint8Array, metadata: AvifMetadata, options: SharpOptions): Promise<RgbImage | undefined> {
  const { sequence, studioGrey, transforms, alpha: alphaItem } = metadata;
  const whole = !studioGrey && alphaItem?.turnedAlike !== false && !transforms.some((transform) => 'crop' in transform);
  const layers = whole || sequence ? undefined : avifLayers(Uint8Array.from(bytes), metadata);
  if (!layers) return undefined;
  const { colour, profile, alpha, premultiplied } = layers;
  const stored = await decodeRgb(withoutTransforms(colour, metadata), options);
  const levels = studioGrey ? { ...stored, data: widenStudioGrey(stored.data) } : stored;
  const colours = profile ? await decodeRgb(tiffWithProfile({ ...levels, channels: 3 }, profile), options) : levels;
  const { width, height } = colours;
  if (!alpha) return applyTransforms(colours, transforms);
  // Alpha of another size is stretched, as libheif does it.
  const spread = await decodeRgb(withoutTransforms(alpha, metadata), options, { width, height });
  return applyTransforms({ width, height, data: onWhite(withAlpha(colours.data, spread.data), 4, premultiplied) }, transforms);
}

async function decodeRgb(encoded: Uint8Array, options: SharpOptions, size?: { width: number; height: number }): Promise<RgbImage> {
  const image = sharp(encoded, options).toColourspace('srgb');
  if (size) image.resize({ ...size, fit: 'fill', kernel: 'nearest' });
  const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

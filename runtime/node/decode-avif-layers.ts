import type { SharpOptions } from 'sharp';
import { avifLayers } from '../image/avif/layers.ts';
import type { AvifMetadata } from '../image/avif/metadata.ts';
import { widenStudioGrey } from '../image/avif/studio-grey.ts';
import { onWhite, withAlpha } from '../image/on-white.ts';
import type { RgbImage } from '../image/rgb-image.ts';
import type { OpenSharp } from './load-sharp.ts';
import { tiffWithProfile } from './tiff-with-profile.ts';

/**
 * Decodes, in its layers, an AVIF that is grey of studio range, which libheif (1.23) does not widen.
 *
 * @returns undefined for all others, which may be left to libheif, and for a sequence of frames
 * @throws what sharp throws
 */
export async function decodeAvifLayers(
  sharp: OpenSharp,
  bytes: Uint8Array,
  metadata: AvifMetadata,
  options: SharpOptions,
): Promise<RgbImage | undefined> {
  const layers = metadata.studioGrey && !metadata.sequence ? avifLayers(Uint8Array.from(bytes), metadata) : undefined;
  if (!layers) return undefined;
  const { colour, profile, alpha, premultiplied } = layers;
  const stored = await decodeRgb(sharp, colour, options);
  const levels = { ...stored, data: widenStudioGrey(stored.data) };
  const colours = profile ? await decodeRgb(sharp, tiffWithProfile({ ...levels, channels: 3 }, profile), options) : levels;
  if (!alpha) return colours;
  const { width, height } = colours;
  // Alpha of another size is stretched, as libheif does it.
  const spread = await decodeRgb(sharp, alpha, options, { width, height });
  return { width, height, data: onWhite(withAlpha(colours.data, spread.data), 4, premultiplied) };
}

async function decodeRgb(
  sharp: OpenSharp,
  encoded: Uint8Array,
  options: SharpOptions,
  size?: { width: number; height: number },
): Promise<RgbImage> {
  const image = sharp(encoded, options).toColourspace('srgb');
  if (size) image.resize({ ...size, fit: 'fill', kernel: 'nearest' });
  const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

import type { SharpOptions } from 'sharp';
import type { OpenSharp } from './load-sharp.ts';
import { tiffWithProfile } from './tiff-with-profile.ts';

/**
 * An image of more than 8 bits with an ICC profile as one of 8 bits with that profile: the high bytes.
 *
 * sharp would take the detour over Display P3 for 16-bit RGB and leave out the profile of 16-bit grey; Chromium takes
 * the high bytes first and converts then, and the result is to be the same.
 *
 * @returns a TIFF; `encoded` itself where it has not more than 8 bits and a profile
 */
export async function reduceDepth(sharp: OpenSharp, encoded: Uint8Array, options: SharpOptions): Promise<Uint8Array> {
  const { depth, icc, space, channels: stored = 3 } = await sharp(encoded, options).metadata();
  if (depth !== 'ushort' || !icc) return encoded;
  const grey = space === 'grey16' || space === 'b-w';
  const { data, info } = await sharp(encoded, options)
    .keepIccProfile()
    .toColourspace(grey ? 'grey16' : 'rgb16')
    // A quotient that 32 bits of floating point hold exactly, truncated when it becomes a byte: line by line, without a copy of the whole.
    .linear(
      Array.from({ length: stored }, () => 1 / 256),
      Array.from({ length: stored }, () => 0),
    )
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  return tiffWithProfile({ width: info.width, height: info.height, channels: info.channels, data }, icc);
}

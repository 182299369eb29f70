import { programPart } from '../../errors/program-part.ts';
import { finish, toPortable } from '../../image/portable.ts';
import type { Admit } from '../../classifier/session.ts';
import type { ImageFormat } from '../../image/image-format.ts';
import type { RgbImage } from '../../image/rgb-image.ts';
import { checkPngData } from './check-png-data.ts';
import { drawOnWhite } from './draw-on-white.ts';
import { inspectInPage } from './inspect-in-page.ts';

export interface DecodedImage extends RgbImage {
  /** `pixels`: it came decoded. */
  format: ImageFormat | 'pixels';
}

/**
 * Decodes as the image policy says (docs/images.md): EXIF orientation applied, colours converted to sRGB, alpha
 * flattened on white, the first frame of an animation.
 *
 * @throws AppError what `inspectImage` throws, and IMAGE_UNDECODABLE where this browser can't decode the format;
 *   PROGRAM_FILE_MISSING
 */
export async function decodeInBrowser(bytes: Uint8Array<ArrayBuffer>, admit?: Admit): Promise<DecodedImage> {
  const info = await inspectInPage(bytes);
  await admit?.(info);
  const { format } = info;
  const portable = await toPortable(bytes, format);
  if (format === 'png') await checkPngData(portable.bytes);
  const exact = format === 'avif' ? await exactAvif(portable.bytes) : undefined;
  if (exact) return { ...finish(exact, portable), format };
  const stored = await drawOnWhite(new Blob([portable.bytes], { type: `image/${format}` }), format);
  return { ...finish(stored, portable), format };
}

async function exactAvif(bytes: Uint8Array<ArrayBuffer>): Promise<RgbImage | undefined> {
  const { decodeAvif } = await programPart('the decoder of AVIF', import('./decode-avif.ts'));
  return decodeAvif(bytes);
}

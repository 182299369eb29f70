import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { loadSharp } from '../load-sharp.ts';
import { JPEG_BINDING_INTERFACE, jpegBindingPath } from './location.ts';
import { probePictures } from './probe-pictures.ts';

/** A decoder of JPEGs beside sharp's, for those whose pixels are proved to be the same. */
export interface JpegDecoder {
  /** Library and version, for people. */
  library: string;
  /**
   * Checks a JPEG's entropy-coded data.
   *
   * @returns true only for what `checkJpegScans` passes; false for others, and for what it leaves to that, such as tables that a file
   *   does not bring
   */
  isWhole(bytes: Uint8Array): boolean;
  /**
   * Decodes in this thread.
   *
   * @param rgb - receives the pixels as stored: 3 · width · height bytes
   * @returns false for what it leaves to sharp: other colours than YCbCr and grey, and whatever the library warns of; `rgb` holds
   *   nothing of use then
   */
  decode(bytes: Uint8Array, size: { width: number; height: number }, rgb: Uint8Array): boolean;
}

interface Binding {
  interface: number;
  library: string;
  isWhole(jpeg: Uint8Array): boolean;
  decode(jpeg: Uint8Array, width: number, height: number, rgb: Uint8Array): boolean;
}

/** Result of opening the decoder: it, or the reason why sharp decodes every JPEG. */
export type OpenedJpegDecoder = { decoder: JpegDecoder; reason?: undefined } | { decoder?: undefined; reason: string };

const PROVISION = 'npm run provision builds it';

/**
 * Opens the binding to libjpeg-turbo that `sld-edge provision` has built, and has it decode pictures of every kind that it may
 * be given: one whose pixels are not sharp's is not used at all.
 *
 * @param path - default: its place in the cache
 */
export async function openJpegDecoder(path = jpegBindingPath()): Promise<OpenedJpegDecoder> {
  if (!existsSync(path)) return { reason: `no JPEG decoder at ${path}; ${PROVISION}` };
  let binding: Binding;
  try {
    binding = createRequire(import.meta.url)(path) as Binding;
  } catch (error) {
    return { reason: `${path} does not load: ${(error as Error).message.split('\n')[0]}; ${PROVISION}` };
  }
  if (binding.interface !== JPEG_BINDING_INTERFACE) return { reason: `${path} is of another version; ${PROVISION}` };
  const decoder: JpegDecoder = {
    library: binding.library,
    isWhole: (bytes) => binding.isWhole(bytes),
    decode: (bytes, { width, height }, rgb) => binding.decode(bytes, width, height, rgb),
  };
  const sharp = await loadSharp();
  for (const { what, bytes } of probePictures()) {
    const { data, info } = await sharp(bytes, { failOn: 'error' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const rgb = new Uint8Array(3 * info.width * info.height);
    if (!decoder.decode(bytes, info, rgb) || data.compare(rgb) !== 0)
      return { reason: `${binding.library} and sharp decode ${what} to different pixels` };
  }
  return { decoder };
}

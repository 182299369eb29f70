/** One image file to the pixels that a network gets, by the image policy and the runtime's resizer: as the server does it. */
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { AppError, DEFAULT_LIMITS, type ImageLimits, preprocessToPixels, type RgbImage } from '@sld-edge/runtime';
import { decodeImage } from '@sld-edge/runtime/node';
import { RGB_CHANNELS } from './decoded-record.ts';

/** The server's limits of pixels, sides and memory; files may be larger than uploads. */
export const FOLDER_LIMITS: Readonly<ImageLimits> = { ...DEFAULT_LIMITS, maxBytes: 256 * 1024 * 1024 };

/** Reason why a file gave no image: `code` as in docs/errors.md, or the file system's. */
export class UnreadableImage extends Error {}

/** @throws UnreadableImage, and nothing else that the file is to blame for */
export async function decodeFile(path: string): Promise<{ image: RgbImage; bytes: Uint8Array }> {
  try {
    const bytes = readBounded(path);
    return { image: await decodeImage(bytes, FOLDER_LIMITS), bytes };
  } catch (error) {
    const fault = error as Error & { code?: string; syscall?: string };
    if (error instanceof AppError || fault.syscall) throw new UnreadableImage(`${fault.code}: ${fault.message}`, { cause: error });
    throw error;
  }
}

/** Covers the size, centred (what the manifest's preprocessing says): RGB, grey images too. */
export function fitTo(image: RgbImage, height: number, width: number, cropRatio: number): Uint8Array {
  return preprocessToPixels(image, {
    height,
    width,
    channels: RGB_CHANNELS,
    fit: 'cover',
    cropRatio,
    filter: 'triangle',
    mean: [],
    std: [],
  });
}

/**
 * The size is asked of the open file before a byte is read. Synchronous: in a thread of its own nothing else waits, and Node's
 * few threads for files are those that libvips decodes in.
 */
function readBounded(path: string): Uint8Array {
  const file = openSync(path, 'r');
  try {
    if (fstatSync(file).size > FOLDER_LIMITS.maxBytes) throw new AppError('IMAGE_TOO_LARGE', { maxBytes: FOLDER_LIMITS.maxBytes });
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

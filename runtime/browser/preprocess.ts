import { preprocessBy } from '../image/preprocess.ts';
import type { QuickPasses } from '../image/resize.ts';
import type { RgbImage } from '../image/rgb-image.ts';
import { fetchRareFormats } from './decode/inspect-in-page.ts';
import type { Preprocessing } from '../package/manifest.ts';

/** Pixels of a picture from which on it waits for the resizer's SIMD to be fetched. A smaller one is resized without in some milliseconds. */
const LARGE_PICTURE = 500_000;

let quick: QuickPasses | null = null;

/** Makes the network's input pixels of a decoded picture: `[height, width, channels]`. */
export async function preprocessInPage(image: RgbImage, preprocessing: Preprocessing): Promise<Uint8Array> {
  if (image.width * image.height >= LARGE_PICTURE) await fetchQuickPasses();
  return preprocessBy(quick, image, preprocessing);
}

/** Fetches the resizer's SIMD. Where it does not come, the same pixels take longer. */
async function fetchQuickPasses(): Promise<void> {
  quick ??= (await import('../image/simd/resample.ts').catch(() => null))?.simdPasses ?? null;
}

/** Fetches what a first small PNG does not need, so that it is there when other pictures come. */
export async function fetchForOtherPictures(): Promise<void> {
  await Promise.allSettled([fetchQuickPasses(), import('../image/portable/jpeg.ts'), fetchRareFormats()]);
}

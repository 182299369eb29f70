/** The pictures that a package offers for a try. */
import sharp from 'sharp';
import type { RunData } from '../data/run-data.ts';
import { spaced } from '../support/spaced.ts';

/** Samples of a package at most, and bytes of their pixels, but always one: a device keeps them all. */
const MOST_SAMPLES = 24;
const MOST_PIXEL_BYTES = 1.5 * 2 ** 20;

/** Number of samples that a package has room for. @param imageBytes of one picture's pixels */
export const roomForSamples = (imageBytes: number): number =>
  Math.min(MOST_SAMPLES, Math.max(1, Math.floor(MOST_PIXEL_BYTES / imageBytes)));

/** Path of a sample in its package. @param label what it shows */
export const sampleFile = (i: number, label: string, extension: 'png' | 'jpg'): string =>
  `samples/${String(i).padStart(2, '0')}-${label.toLowerCase().replace(/[^a-z0-9]+/g, '-')}.${extension}`;

/** Test images as PNG, of classes taken evenly. Held-out images, and not chosen by how the student does on them: the first of a class. */
export async function makeSamples(data: RunData): Promise<{ file: string; label: string; png: Uint8Array }[]> {
  const { height, width, channels } = data.inputShape;
  const present = data.labels.map((label, index) => ({ label, at: data.test.labels.indexOf(index) })).filter(({ at }) => at >= 0);
  return Promise.all(
    spaced(present.length, roomForSamples(height * width * channels)).map(async (nth, i) => {
      const { label, at } = present[nth];
      const raw = { width, height, channels: channels as 1 | 3 };
      const png = await sharp(data.test.images.image(at).slice(), { raw }).png().toBuffer();
      return { file: sampleFile(i, label, 'png'), label, png };
    }),
  );
}

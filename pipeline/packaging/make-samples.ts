/** The pictures that a package offers for a try. */
import sharp from 'sharp';
import type { RunData } from '../data/run-data.ts';
import { spaced } from '../support/spaced.ts';

/** Samples of a package at most, and bytes of their pixels, but always one: a device keeps them all. */
const MOST_SAMPLES = 24;
const MOST_PIXEL_BYTES = 1.5 * 2 ** 20;

/** Parts of a run's data that its samples are made of. */
export interface SampledData extends Pick<RunData, 'inputShape' | 'labels' | 'preprocessing'> {
  test: Pick<RunData['test'], 'count' | 'images' | 'labels'>;
}

/** Number of samples that a package has room for. @param imageBytes of one picture's pixels */
export const roomForSamples = (imageBytes: number): number =>
  Math.min(MOST_SAMPLES, Math.max(1, Math.floor(MOST_PIXEL_BYTES / imageBytes)));

/** Path of a sample in its package. @param label what it shows */
export const sampleFile = (i: number, label: string, extension: 'png' | 'jpg'): string =>
  `samples/${String(i).padStart(2, '0')}-${label.toLowerCase().replace(/[^a-z0-9]+/g, '-')}.${extension}`;

/**
 * Makes PNGs of test images, of classes taken evenly. Held-out images, and not chosen by how the student does on them: the first of a class.
 *
 * The images of the data set are what a `cropRatio` has left of a picture, and whoever classifies a sample crops it too. So it gets a margin
 * of its mirrored edge, which that crop takes away again: the network sees the test image, to the pixel where the margin is a whole number.
 */
export async function makeSamples({
  inputShape,
  labels,
  test,
  preprocessing,
}: SampledData): Promise<{ file: string; label: string; png: Uint8Array }[]> {
  const { height, width, channels } = inputShape;
  const [x, y] = [width, height].map((side) => Math.round((side / (preprocessing.cropRatio ?? 1) - side) / 2));
  const present = labels.map((label, index) => ({ label, at: test.labels.indexOf(index) })).filter(({ at }) => at >= 0);
  return Promise.all(
    spaced(present.length, roomForSamples((height + 2 * y) * (width + 2 * x) * channels)).map(async (nth, i) => {
      const { label, at } = present[nth];
      const raw = { width, height, channels: channels as 1 | 3 };
      const png = await sharp(test.images.image(at).slice(), { raw })
        .extend({ top: y, bottom: y, left: x, right: x, extendWith: 'mirror' })
        .png()
        .toBuffer();
      return { file: sampleFile(i, label, 'png'), label, png };
    }),
  );
}

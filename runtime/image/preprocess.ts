import type { Preprocessing } from '../package/manifest.ts';
import { toGrey } from './grey.ts';
import { resizeBy, type Box, type QuickPasses } from './resize.ts';
import { requireRgbImage, type RgbImage } from './rgb-image.ts';

export type { RgbImage } from './rgb-image.ts';

/**
 * Makes the network's input pixels of a decoded image: fit, then grey where the network has one channel. All
 * in integers after the weights of the filter, so that training, server and browser agree bit for bit.
 *
 * `cover` resamples the largest centred box that has the input's aspect ratio, in one step (Pillow's
 * `ImageOps.fit` with BILINEAR). With a `cropRatio` the box has that part of its sides: in one step what torchvision
 * does in two, a resize of the shorter side to size / ratio and a centre crop. `stretch` resamples the whole image. An image of the input's own size is not
 * resampled, unless it is cropped.
 *
 * @param quick - as of `resizeBy`
 * @param image - upright (EXIF orientation applied), sRGB, no alpha
 * @returns `[height, width, channels]`, a new array
 * @throws RangeError where the image's data do not fit its size
 */
export function preprocessBy(quick: QuickPasses | null, image: RgbImage, p: Preprocessing): Uint8Array {
  requireRgbImage(image);
  const fitted = resizeBy(quick, image, p.width, p.height, p.fit === 'cover' ? coverBox(image, p) : undefined);
  if (p.channels === 1) return toGrey(fitted.data);
  return fitted === image ? image.data.slice() : fitted.data;
}

/** The largest centred box of the image that has the target's aspect ratio, or the part of it that is kept. */
function coverBox(image: { width: number; height: number }, target: Pick<Preprocessing, 'width' | 'height' | 'cropRatio'>): Box {
  const imageRatio = image.width / image.height;
  const targetRatio = target.width / target.height;
  // The limits keep a last-digit rounding from reaching over the edge.
  const { cropRatio = 1 } = target;
  const width = cropRatio * (imageRatio > targetRatio ? Math.min(image.width, targetRatio * image.height) : image.width);
  const height = cropRatio * (imageRatio < targetRatio ? Math.min(image.height, image.width / targetRatio) : image.height);
  const left = (image.width - width) * 0.5;
  const top = (image.height - height) * 0.5;
  return { left, top, right: Math.min(image.width, left + width), bottom: Math.min(image.height, top + height) };
}

/**
 * Turns pixels into the network's input: `(level / 255 - mean[c]) / std[c]` for each channel c.
 *
 * @param pixels - what `preprocessToPixels` made, any number of images one after another
 * @returns NHWC, as many numbers as `pixels` has bytes
 * @throws RangeError where `pixels` is not a whole number of images, or `mean` and `std` are not one per channel
 */
export function normalise(pixels: Uint8Array, p: Preprocessing): Float32Array {
  const { height, width, channels, mean, std } = p;
  if (pixels.length % (height * width * channels) !== 0) {
    throw new RangeError(`pixels come in images of ${height} x ${width} x ${channels} bytes; came ${pixels.length} bytes`);
  }
  if (mean.length !== channels || std.length !== channels) {
    throw new RangeError(`mean and std need ${channels} numbers each; came ${mean.length} and ${std.length}`);
  }
  const input = new Float32Array(pixels.length);
  for (let channel = 0; channel < channels; channel++) {
    const values = Float32Array.from({ length: 256 }, (_, level) => (level / 255 - mean[channel]) / std[channel]);
    for (let i = channel; i < pixels.length; i += channels) input[i] = values[pixels[i]];
  }
  return input;
}

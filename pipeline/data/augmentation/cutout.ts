import { luma } from '@sld-edge/runtime';
import type { ByteImage } from './byte-image.ts';

const FILL_RED = 125;
const FILL_GREEN = 123;
const FILL_BLUE = 114;
const FILL_GREY = luma(FILL_RED, FILL_GREEN, FILL_BLUE);

/**
 * Covers a square with a flat colour, in place (`cover`). As in the public code, the square is cut off at the image's edges, its
 * top-left corner is rounded down to whole pixels, and its last row and column are included.
 *
 * @param side - length of the square's side in pixels; 0 or less covers nothing
 * @param centreX, centreY - its centre in pixels, within the image
 */
export function cutout(image: ByteImage, side: number, centreX: number, centreY: number): void {
  if (side <= 0) return;
  const { width, height } = image;
  const left = Math.trunc(Math.max(0, centreX - side / 2));
  const top = Math.trunc(Math.max(0, centreY - side / 2));
  const right = Math.min(width - 1, Math.trunc(left + side));
  const bottom = Math.min(height - 1, Math.trunc(top + side));
  cover(image, top, left, bottom + 1, right + 1);
}

/**
 * Covers the rows `top` to before `bottom` and the columns `left` to before `right`, in place: with (125, 123, 114), about the mean of
 * CIFAR and ImageNet, or the luma of it in a grey image.
 */
export function cover({ data, width, channels }: ByteImage, top: number, left: number, bottom: number, right: number): void {
  for (let y = top; y < bottom; y++) {
    const row = y * width;
    if (channels === 1) {
      data.fill(FILL_GREY, row + left, row + right);
      continue;
    }
    for (let i = (row + left) * 3; i < (row + right) * 3; i += 3) {
      data[i] = FILL_RED;
      data[i + 1] = FILL_GREEN;
      data[i + 2] = FILL_BLUE;
    }
  }
}

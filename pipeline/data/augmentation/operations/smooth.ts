import type { ByteImage } from '../byte-image.ts';

const WEIGHTS_SUM = 13;

/**
 * `round(sum / 13)` for every possible weighted sum. A sum over 13 is never half-way between two levels, so
 * integers give exactly what Pillow's single-precision arithmetic does.
 */
const rounded = Uint8Array.from({ length: WEIGHTS_SUM * 255 + 1 }, (_, sum) => Math.floor((2 * sum + WEIGHTS_SUM) / (2 * WEIGHTS_SUM)));

/**
 * Pillow's `ImageFilter.SMOOTH` (a 3x3 mean whose centre weighs 5 of 13) on the inner pixels; the outermost
 * rows and columns of `target` are left alone. Width and height are at least 3.
 */
export function smoothInner(image: ByteImage, target: Uint8Array): void {
  const { data, width, height, channels } = image;
  const stride = width * channels;
  for (let y = 1; y < height - 1; y++) {
    const end = (y + 1) * stride - channels;
    for (let i = y * stride + channels; i < end; i++) {
      const above = i - stride;
      const below = i + stride;
      const sum =
        data[above - channels] +
        data[above] +
        data[above + channels] +
        data[i - channels] +
        5 * data[i] +
        data[i + channels] +
        data[below - channels] +
        data[below] +
        data[below + channels];
      target[i] = rounded[sum];
    }
  }
}

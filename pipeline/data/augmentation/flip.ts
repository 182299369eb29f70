import type { ImageShape } from './byte-image.ts';

/** Mirror images that views may be: left for right, upside down, or each of the two half of the time. */
export const FLIPS = ['horizontal', 'vertical', 'both', 'none'] as const;
export type Flip = (typeof FLIPS)[number];

export const flipsLeftRight = (flip: Flip): boolean => flip === 'horizontal' || flip === 'both';
export const flipsUpDown = (flip: Flip): boolean => flip === 'vertical' || flip === 'both';

type Size = Pick<ImageShape, 'height' | 'width'> & { channels: number };

/** Exchanges left and right of one image, in place. */
export function flipLeftRight(pixels: Uint8Array, { height, width, channels }: Size): void {
  const row = width * channels;
  for (let start = 0; start < height * row; start += row) {
    let left = start;
    let right = start + row - channels;
    for (; left < right; right -= 2 * channels) {
      for (let c = 0; c < channels; c++, left++, right++) {
        const level = pixels[left];
        pixels[left] = pixels[right];
        pixels[right] = level;
      }
    }
  }
}

/** Exchanges top and bottom of one image, in place. */
export function flipUpDown(pixels: Uint8Array, { height, width, channels }: Size): void {
  const row = width * channels;
  for (let top = 0, bottom = height - 1; top < bottom; top++, bottom--) {
    const kept = pixels.slice(top * row, (top + 1) * row);
    pixels.copyWithin(top * row, bottom * row, (bottom + 1) * row);
    pixels.set(kept, bottom * row);
  }
}

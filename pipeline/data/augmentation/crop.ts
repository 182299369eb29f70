import type { ImageShape } from './byte-image.ts';

/**
 * Takes a window of the image's own size out of the image with `padding` black pixels around it.
 *
 * @param top, left - the window's position in the padded image, 0…2·padding
 * @param target - receives the window; as long as `source` and not the same memory
 */
export function cropPadded(source: Uint8Array, target: Uint8Array, shape: ImageShape, padding: number, top: number, left: number): void {
  const { height, width, channels } = shape;
  const shiftX = left - padding;
  const shiftY = top - padding;
  target.fill(0);
  const firstX = Math.max(0, -shiftX);
  const endX = Math.min(width, width - shiftX);
  const firstY = Math.max(0, -shiftY);
  const endY = Math.min(height, height - shiftY);
  for (let y = firstY; y < endY; y++) {
    let from = ((y + shiftY) * width + firstX + shiftX) * channels;
    const end = from + (endX - firstX) * channels;
    let to = (y * width + firstX) * channels;
    while (from < end) target[to++] = source[from++];
  }
}

import type { RgbImage } from './rgb-image.ts';

/** The part of a picture that the first frame of an animation covers, in pixels. */
export interface FrameWindow {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Makes white what a frame leaves uncovered: there is nothing, and nothing stands on white. Decoders make it black, white or a background colour. */
export function whiteOutside(image: RgbImage, { left, top, width, height }: FrameWindow): RgbImage {
  if (left <= 0 && top <= 0 && left + width >= image.width && top + height >= image.height) return image;
  const data = new Uint8Array(image.data.length).fill(255);
  const from = Math.max(0, left);
  const to = Math.min(image.width, left + width);
  for (let y = Math.max(0, top); y < Math.min(image.height, top + height) && from < to; y++) {
    data.set(image.data.subarray((y * image.width + from) * 3, (y * image.width + to) * 3), (y * image.width + from) * 3);
  }
  return { ...image, data };
}

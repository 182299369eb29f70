import type { NetworkInput } from '@sld-edge/runtime';
import { inputImage } from '../preview.ts';

/** Longer side of a thumbnail in pixels: some 3 kB each, so that a thousand are small beside one photograph. */
const SIDE = 112;

/**
 * Makes a small file of what the network saw of a picture: it is there already, so that nothing is decoded twice.
 *
 * @throws DOMException where the browser has no memory for it
 */
export async function thumbnailOf(input: NetworkInput): Promise<Blob> {
  const whole = drawn(inputImage(input));
  const scale = SIDE / Math.max(input.width, input.height);
  // Small ones stay as they are, and are shown with their pixels as squares.
  if (scale >= 1) return whole.convertToBlob({ type: 'image/png' });
  const small = new OffscreenCanvas(Math.max(1, Math.round(input.width * scale)), Math.max(1, Math.round(input.height * scale)));
  small.getContext('2d')?.drawImage(whole, 0, 0, small.width, small.height);
  return small.convertToBlob({ type: 'image/jpeg', quality: 0.85 });
}

function drawn(image: ImageData): OffscreenCanvas {
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext('2d')?.putImageData(image, 0, 0);
  return canvas;
}

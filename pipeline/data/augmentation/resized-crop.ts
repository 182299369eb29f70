/** The crop of ImageNet's recipes: a window of random size, shape and place, resized (torchvision's `RandomResizedCrop`). */
import { resize, toGrey } from '@sld-edge/runtime';
import { byteLength, type ImageShape } from './byte-image.ts';
import type { Random } from './random.ts';

export interface ResizedCrop {
  /** Least and largest share of the image's area. */
  scale: readonly [number, number];
  /** Least and largest width over height; drawn uniformly in the logarithm. */
  aspect: readonly [number, number];
}

/** In whole pixels, within the image. */
export interface CropWindow {
  top: number;
  left: number;
  height: number;
  width: number;
}

/** Draws after which the centre is taken. */
const TRIES = 10;

/**
 * The window as torchvision 0.21 draws it: up to ten draws of area and shape until one fits, each side rounded; then its place.
 * Where none fits, the largest centred window whose shape is allowed.
 */
export function drawWindow({ height, width }: Pick<ImageShape, 'height' | 'width'>, crop: ResizedCrop, random: Random): CropWindow {
  const [least, largest] = crop.aspect;
  for (let i = 0; i < TRIES; i++) {
    const area = height * width * between(crop.scale, random);
    const aspect = Math.exp(between([Math.log(least), Math.log(largest)], random));
    const w = roundHalfToEven(Math.sqrt(area * aspect));
    const h = roundHalfToEven(Math.sqrt(area / aspect));
    if (w > 0 && h > 0 && w <= width && h <= height)
      return { height: h, width: w, top: random.integer(height - h + 1), left: random.integer(width - w + 1) };
  }
  const aspect = width / height;
  const w = aspect > largest ? roundHalfToEven(height * largest) : width;
  const h = aspect < least ? roundHalfToEven(width / least) : height;
  return { height: h, width: w, top: Math.floor((height - h) / 2), left: Math.floor((width - w) / 2) };
}

export const between = ([from, to]: readonly [number, number], random: Random): number => from + (to - from) * random.next();

/** Python's `round`. */
export function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  return value - floor === 0.5 ? floor + (floor % 2) : Math.round(value);
}

/**
 * Cuts the window out and brings it to the view's size by the runtime's resizer, which sees nothing outside the window: what Pillow
 * makes of `crop` and then `resize(BILINEAR)`, to the last level.
 *
 * @param source - image of `from`'s shape; only read
 * @param target - receives the view, of `shape`
 */
export function cropResized(source: Uint8Array, from: ImageShape, window: CropWindow, target: Uint8Array, shape: ImageShape): void {
  const { top, left, height, width } = window;
  const { channels } = from;
  const data = new Uint8Array(3 * height * width);
  for (let y = 0; y < height; y++) {
    const start = ((top + y) * from.width + left) * channels;
    const row = source.subarray(start, start + width * channels);
    if (channels === 3) data.set(row, 3 * y * width);
    else for (let x = 0; x < width; x++) data.fill(row[x], 3 * (y * width + x), 3 * (y * width + x + 1));
  }
  const resized = resize({ width, height, data }, shape.width, shape.height).data;
  target.set(channels === 3 ? resized : toGrey(resized).subarray(0, byteLength(shape)));
}

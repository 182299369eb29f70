import type { ImageOperation } from './operation.ts';

/**
 * Turns the hue: the magnitude is a part of the circle, -0.5…0.5. As torchvision's `adjust_hue` does it to Pillow images: to Pillow's
 * 8-bit HSV, the hue shifted by `trunc(255 · magnitude)` levels that wrap around at 256, and back. A grey image stays as it is.
 * Jitter's alone: the strong view does not draw it.
 */
export const hue: ImageOperation = {
  min: -0.5,
  max: 0.5,
  neutral: 0,
  apply: ({ data, channels }, magnitude, target) => {
    if (channels === 1) {
      target.set(data);
      return;
    }
    const shift = Math.trunc(magnitude * 255);
    for (let i = 0; i < data.length; i += 3) turn(data[i], data[i + 1], data[i + 2], shift, target, i);
  },
};

/** The sixth of the circle that each 8-bit hue lies in, and how far into it. */
const sectors = Uint8Array.from({ length: 256 }, (_, hue) => Math.floor((hue * 6) / 255) % 6);
const parts = Float32Array.from({ length: 256 }, (_, hue) => (hue * 6) / 255 - Math.floor((hue * 6) / 255));

/** Pillow's `rgb2hsv` and `hsv2rgb`, which mix single and double precision. */
function turn(r: number, g: number, b: number, shift: number, target: Uint8Array, at: number): void {
  const value = r > g ? (r > b ? r : b) : g > b ? g : b;
  const range = value - (r < g ? (r < b ? r : b) : g < b ? g : b);
  const saturation = range === 0 ? 0 : (Math.fround(range / value) * 255) | 0;
  if (saturation === 0) {
    target[at] = target[at + 1] = target[at + 2] = value;
    return;
  }
  const hue = (hueOf(r, g, b, value, range) + shift) & 255;
  const s = Math.fround(saturation / 255);
  const low = rounded(value * (1 - s));
  const sector = sectors[hue];
  const part = parts[hue];
  const middle = sector % 2 === 0 ? rounded(value * (1 - s * (1 - part))) : rounded(value * (1 - Math.fround(s * part)));
  // Which channel is the largest, and which the smallest: two sixths each; the third one lies between.
  const largest = ((sector + 1) >> 1) % 3;
  const smallest = ((sector + 4) >> 1) % 3;
  target[at + largest] = value;
  target[at + smallest] = low;
  target[at + 3 - largest - smallest] = middle;
}

/** The nearest level of a number that is not negative, halves up. */
const rounded = (value: number): number => (value + 0.5) | 0;

/** In 0…255. */
function hueOf(r: number, g: number, b: number, value: number, range: number): number {
  const rc = Math.fround((value - r) / range);
  const gc = Math.fround((value - g) / range);
  const bc = Math.fround((value - b) / range);
  const turns = Math.fround(r === value ? bc - gc : g === value ? 2 + rc - bc : 4 + gc - rc) / 6 + 1;
  return (Math.fround(turns < 1 ? turns : turns - 1) * 255) | 0;
}

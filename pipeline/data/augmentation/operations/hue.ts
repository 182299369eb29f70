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

/** Pillow's `rgb2hsv` and `hsv2rgb`, which mix single and double precision. */
function turn(r: number, g: number, b: number, shift: number, target: Uint8Array, at: number): void {
  const value = Math.max(r, g, b);
  const range = value - Math.min(r, g, b);
  const saturation = range === 0 ? 0 : Math.trunc(Math.fround(range / value) * 255);
  if (saturation === 0) {
    put(target, at, value, value, value);
    return;
  }
  const sixths = (((hueOf(r, g, b, value, range) + shift) & 255) * 6) / 255;
  const sector = Math.floor(sixths);
  const part = Math.fround(sixths - sector);
  const s = Math.fround(saturation / 255);
  const low = Math.round(value * (1 - s));
  const falling = Math.round(value * (1 - Math.fround(s * part)));
  const rising = Math.round(value * (1 - s * (1 - part)));
  if (sector === 1) put(target, at, falling, value, low);
  else if (sector === 2) put(target, at, low, value, rising);
  else if (sector === 3) put(target, at, low, falling, value);
  else if (sector === 4) put(target, at, rising, low, value);
  else if (sector === 5) put(target, at, value, low, falling);
  else put(target, at, value, rising, low);
}

function put(target: Uint8Array, at: number, red: number, green: number, blue: number): void {
  target[at] = red;
  target[at + 1] = green;
  target[at + 2] = blue;
}

/** In 0…255. */
function hueOf(r: number, g: number, b: number, value: number, range: number): number {
  const rc = Math.fround((value - r) / range);
  const gc = Math.fround((value - g) / range);
  const bc = Math.fround((value - b) / range);
  const sixths = Math.fround(r === value ? bc - gc : g === value ? 2 + rc - bc : 4 + gc - rc);
  return Math.trunc(Math.fround((sixths / 6 + 1) % 1) * 255);
}

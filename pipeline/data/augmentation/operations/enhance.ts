import { luma } from '@sld-edge/runtime';
import type { ByteImage } from '../byte-image.ts';
import { applyTable, tables } from './lookup.ts';
import type { ImageOperation } from './operation.ts';
import { smoothInner } from './smooth.ts';

/**
 * The four enhancements of Pillow: each blends the image with a degenerate of itself (black, grey, mean,
 * smoothed); magnitude 0 gives the degenerate, 1 the image, more than 1 the opposite of the degenerate. Pillow blends in
 * single precision and cuts the fraction off, so we round every step to single precision too.
 */
const blend = (degenerate: number, level: number, factor: number): number =>
  Math.min(255, Math.max(0, Math.fround(degenerate + Math.fround(factor * (level - degenerate)))));

function blendWithLevel(image: ByteImage, degenerate: number, magnitude: number, target: Uint8Array): void {
  const factor = Math.fround(magnitude);
  const table = tables[0];
  for (let level = 0; level < 256; level++) table[level] = blend(degenerate, level, factor);
  applyTable(image, table, target);
}

/** Blends with black. */
export const brightness: ImageOperation = {
  min: 0.05,
  max: 0.95,
  neutral: 1,
  apply: (image, magnitude, target) => blendWithLevel(image, 0, magnitude, target),
};

/** Blends with the mean luma. */
export const contrast: ImageOperation = {
  min: 0.05,
  max: 0.95,
  neutral: 1,
  apply: (image, magnitude, target) => blendWithLevel(image, meanLuma(image), magnitude, target),
};

function meanLuma(image: ByteImage): number {
  const { data } = image;
  let sum = 0;
  if (image.channels === 1) for (let i = 0; i < data.length; i++) sum += data[i];
  else for (let i = 0; i < data.length; i += 3) sum += luma(data[i], data[i + 1], data[i + 2]);
  return Math.trunc(sum / (image.width * image.height) + 0.5);
}

/** Blends with the luma of each pixel; a grey image stays as it is. */
export const color: ImageOperation = {
  min: 0.05,
  max: 0.95,
  neutral: 1,
  apply: (image, magnitude, target) => {
    const { data } = image;
    if (image.channels === 1) {
      target.set(data);
      return;
    }
    const factor = Math.fround(magnitude);
    for (let i = 0; i < data.length; i += 3) {
      const grey = luma(data[i], data[i + 1], data[i + 2]);
      target[i] = blend(grey, data[i], factor);
      target[i + 1] = blend(grey, data[i + 1], factor);
      target[i + 2] = blend(grey, data[i + 2], factor);
    }
  },
};

/** Blends with the smoothed image; the outermost pixels are not smoothed and stay. */
export const sharpness: ImageOperation = {
  min: 0.05,
  max: 0.95,
  neutral: 1,
  apply: (image, magnitude, target) => {
    const { data, width, height, channels } = image;
    target.set(data);
    if (width < 3 || height < 3) return;
    smoothInner(image, target);
    const factor = Math.fround(magnitude);
    const stride = width * channels;
    for (let y = 1; y < height - 1; y++) {
      const end = (y + 1) * stride - channels;
      for (let i = y * stride + channels; i < end; i++) target[i] = blend(target[i], data[i], factor);
    }
  },
};

import { applyTable, applyTablePerChannel, fillIdentity, histogram, tables } from './lookup.ts';
import type { ImageOperation } from './operation.ts';

/** Stretches each channel so that its darkest level becomes 0 and its brightest 255. The magnitude is ignored. */
export const autoContrast: ImageOperation = {
  min: 0,
  max: 1,
  apply: (image, _magnitude, target) => {
    for (let channel = 0; channel < image.channels; channel++) stretch(tables[channel], histogram(image, channel));
    applyTablePerChannel(image, target);
  },
};

function stretch(table: Uint8Array, counts: Uint32Array): void {
  let low = 0;
  while (low < 255 && counts[low] === 0) low++;
  let high = 255;
  while (high > 0 && counts[high] === 0) high--;
  if (high <= low) {
    fillIdentity(table);
    return;
  }
  const scale = 255 / (high - low);
  const offset = -low * scale;
  for (let level = 0; level < 256; level++) {
    table[level] = Math.min(255, Math.max(0, Math.trunc(level * scale + offset)));
  }
}

/** Makes each channel's levels about equally frequent. The magnitude is ignored. */
export const equalize: ImageOperation = {
  min: 0,
  max: 1,
  apply: (image, _magnitude, target) => {
    const pixels = image.width * image.height;
    for (let channel = 0; channel < image.channels; channel++) {
      flatten(tables[channel], histogram(image, channel), pixels);
    }
    applyTablePerChannel(image, target);
  },
};

function flatten(table: Uint8Array, counts: Uint32Array, pixels: number): void {
  let brightest = 255;
  while (brightest > 0 && counts[brightest] === 0) brightest--;
  // One level alone leaves no pixels below the brightest, hence a step of 0 as well.
  const step = Math.floor((pixels - counts[brightest]) / 255);
  if (step === 0) {
    fillIdentity(table);
    return;
  }
  let below = Math.floor(step / 2);
  for (let level = 0; level < 256; level++) {
    table[level] = Math.min(255, Math.floor(below / step));
    below += counts[level];
  }
}

/** Keeps the highest `trunc(magnitude)` bits of every level. */
export const posterize: ImageOperation = {
  min: 4,
  max: 8,
  neutral: 8,
  apply: (image, magnitude, target) => {
    const bits = Math.max(1, Math.trunc(magnitude));
    const mask = ~(2 ** (8 - bits) - 1);
    const table = tables[0];
    for (let level = 0; level < 256; level++) table[level] = level & mask;
    applyTable(image, table, target);
  },
};

/** Inverts the levels at or above the magnitude. */
export const solarize: ImageOperation = {
  min: 0,
  max: 256,
  neutral: 256,
  apply: (image, magnitude, target) => {
    const table = tables[0];
    for (let level = 0; level < 256; level++) table[level] = level < magnitude ? level : 255 - level;
    applyTable(image, table, target);
  },
};

/** Changes nothing. */
export const identity: ImageOperation = { min: 0, max: 1, apply: (image, _magnitude, target) => target.set(image.data) };

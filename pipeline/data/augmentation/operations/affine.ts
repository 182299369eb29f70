import type { ByteImage } from '../byte-image.ts';

/** 16.16 fixed point: the low 16 bits are the fraction. */
const toFixedPoint = (value: number): number => Math.floor(value * 65536 + 0.5);

/**
 * Nearest-neighbour affine transform onto an image of the same size, black where the source ends, as Pillow's
 * `Image.transform(size, AFFINE, (a, b, c, d, e, f))`: the target's pixel centre (x, y) takes the source at
 * (a·x + b·y + c, d·x + e·y + f). Positions step in 16.16 fixed point as Pillow's do, because a different
 * rounding picks a different pixel. Sides up to 32767 pixels.
 */
export function sampleAffine(image: ByteImage, target: Uint8Array, a: number, b: number, c: number, d: number, e: number, f: number): void {
  if (b === 0 && d === 0) {
    sampleScaled(image, target, a, c, e, f);
    return;
  }
  const { width, height, channels, data } = image;
  const stepXx = toFixedPoint(a);
  const stepXy = toFixedPoint(d);
  const stepYx = toFixedPoint(b);
  const stepYy = toFixedPoint(e);
  let rowX = toFixedPoint(c + a * 0.5 + b * 0.5);
  let rowY = toFixedPoint(f + d * 0.5 + e * 0.5);
  let out = 0;
  for (let y = 0; y < height; y++) {
    let fixedX = rowX;
    let fixedY = rowY;
    for (let x = 0; x < width; x++) {
      const sourceX = fixedX >> 16;
      const sourceY = fixedY >> 16;
      const inside = sourceX >= 0 && sourceX < width && sourceY >= 0 && sourceY < height;
      if (channels === 1) {
        target[out++] = inside ? data[sourceY * width + sourceX] : 0;
      } else if (inside) {
        const from = (sourceY * width + sourceX) * 3;
        target[out] = data[from];
        target[out + 1] = data[from + 1];
        target[out + 2] = data[from + 2];
        out += 3;
      } else {
        target[out] = 0;
        target[out + 1] = 0;
        target[out + 2] = 0;
        out += 3;
      }
      fixedX = (fixedX + stepXx) | 0;
      fixedY = (fixedY + stepXy) | 0;
    }
    rowX = (rowX + stepYx) | 0;
    rowY = (rowY + stepYy) | 0;
  }
}

/** Scaling and translation alone: Pillow steps these in double precision, not in fixed point. */
function sampleScaled(image: ByteImage, target: Uint8Array, a: number, c: number, e: number, f: number): void {
  const { width, height, channels, data } = image;
  target.fill(0);
  let positionY = f + e * 0.5;
  for (let y = 0; y < height; y++, positionY += e) {
    if (positionY < 0 || positionY >= height) continue;
    const sourceRow = Math.trunc(positionY) * width;
    let positionX = c + a * 0.5;
    for (let x = 0; x < width; x++, positionX += a) {
      if (positionX < 0 || positionX >= width) continue;
      const from = (sourceRow + Math.trunc(positionX)) * channels;
      const to = (y * width + x) * channels;
      for (let channel = 0; channel < channels; channel++) target[to + channel] = data[from + channel];
    }
  }
}

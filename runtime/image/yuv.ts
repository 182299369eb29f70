import type { RgbImage } from './rgb-image.ts';

/** One plane of samples: where it begins in the buffer, and the distance of its rows, in samples. */
export interface Plane {
  offset: number;
  stride: number;
}

export interface YuvImage {
  width: number;
  height: number;
  data: Uint8Array | Uint16Array;
  /** Bits of a sample. */
  bits: 8 | 10 | 12;
  /** Luma, blue difference, red difference. */
  planes: readonly [Plane, Plane, Plane];
  /** Subsampling of the differences: 4:2:0 halves both ways, 4:2:2 the width alone. */
  subsampling: '4:2:0' | '4:2:2' | '4:4:4';
  matrix: YuvMatrix;
  /** False for "studio" levels: 16 to 235 and 16 to 240, times a power of two for more than 8 bits. */
  fullRange: boolean;
}

/**
 * Shares of red and blue in luma (ISO/IEC 23091-2, table 4). `identity`: the samples are green, blue and red, of 4:4:4 and full
 * range. `YCgCo`: differences to green and orange, of full range.
 */
export type YuvMatrix = { red: number; blue: number } | 'identity' | 'YCgCo';

/** Factors by which libheif widens studio levels: 256/219 and 256/224, cut to four places. */
const STUDIO_LUMA = Math.fround(1.1689);
const STUDIO_DIFFERENCE = Math.fround(1.1429);

/**
 * YUV to RGB of 8 bits, bit for bit as libheif (1.23) and libvips, with which the server decodes AVIF: each difference is
 * used for its whole block of pixels, without interpolation; 4:2:0 of full range and 8 bits is computed with coefficients
 * of 8 fraction bits, everything else in floating point of 32 bits, rounded. Of more than 8 bits, the high 8 bits of that are taken. Colour primaries and transfer do not matter here: without an ICC profile
 * a picture is sRGB.
 */
export function yuvToRgb({ width, height, data, bits, planes, subsampling, matrix, fullRange }: YuvImage): RgbImage {
  const coefficients = typeof matrix === 'string' ? [] : coefficientsOf(matrix);
  const { fround } = Math;
  const inFixedPoint = subsampling === '4:2:0' && fullRange && bits === 8;
  const more = bits - 8;
  const middle = 128 << more;
  const black = 16 << more;
  const highest = (1 << bits) - 1;
  // Rounded and limited first, cut off then.
  const toLevel = (value: number): number => Math.max(0, Math.min(highest, Math.floor(fround(value + 0.5)))) >> more;
  const [redOfV, greenOfV, greenOfU, blueOfU] = inFixedPoint
    ? coefficients.map((coefficient) => Math.round(256 * coefficient))
    : coefficients;
  const narrow = subsampling === '4:4:4' ? 0 : 1;
  const low = subsampling === '4:2:0' ? 1 : 0;
  const [luma, blue, red] = planes;
  // A clamped array limits to 0…255; what it is given is already whole.
  const rgb = new Uint8ClampedArray(width * height * 3);
  for (let y = 0, to = 0; y < height; y++) {
    const lumaRow = luma.offset + y * luma.stride;
    const blueRow = blue.offset + (y >> low) * blue.stride;
    const redRow = red.offset + (y >> low) * red.stride;
    for (let x = 0; x < width; x++, to += 3) {
      const level = data[lumaRow + x];
      if (matrix === 'identity') {
        rgb[to] = data[redRow + x] >> more;
        rgb[to + 1] = level >> more;
        rgb[to + 2] = data[blueRow + x] >> more;
        continue;
      }
      if (matrix === 'YCgCo') {
        const [green, orange] = [data[blueRow + (x >> narrow)] - middle, data[redRow + (x >> narrow)] - middle];
        rgb[to] = toLevel(level - green + orange);
        rgb[to + 1] = toLevel(level + green);
        rgb[to + 2] = toLevel(level - green - orange);
        continue;
      }
      const u = data[blueRow + (x >> narrow)] - middle;
      const v = data[redRow + (x >> narrow)] - middle;
      if (inFixedPoint) {
        rgb[to] = level + ((redOfV * v + 128) >> 8);
        rgb[to + 1] = level + ((greenOfV * v + greenOfU * u + 128) >> 8);
        rgb[to + 2] = level + ((blueOfU * u + 128) >> 8);
      } else {
        const wide = fullRange ? level : fround((level - black) * STUDIO_LUMA);
        const wideU = fullRange ? u : fround(u * STUDIO_DIFFERENCE);
        const wideV = fullRange ? v : fround(v * STUDIO_DIFFERENCE);
        rgb[to] = toLevel(fround(wide + fround(redOfV * wideV)));
        rgb[to + 1] = toLevel(fround(fround(wide + fround(greenOfU * wideU)) + fround(greenOfV * wideV)));
        rgb[to + 2] = toLevel(fround(wide + fround(blueOfU * wideU)));
      }
    }
  }
  return { width, height, data: new Uint8Array(rgb.buffer) };
}

/** Red of V, green of V, green of U, blue of U, as 32 bits of floating point give them. */
function coefficientsOf(shares: { red: number; blue: number }): number[] {
  const { fround } = Math;
  const [red, blue] = [fround(shares.red), fround(shares.blue)];
  const minusGreen = fround(fround(blue + red) - 1);
  const redOfV = fround(2 * fround(1 - red));
  const blueOfU = fround(2 * fround(1 - blue));
  return [redOfV, fround(fround(red * redOfV) / minusGreen), fround(fround(blue * blueOfU) / minusGreen), blueOfU];
}

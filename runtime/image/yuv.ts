import type { RgbImage } from './rgb-image.ts';

/** One plane of samples: where it begins in the buffer, and the distance of its rows, in bytes. */
export interface Plane {
  offset: number;
  stride: number;
}

export interface YuvImage {
  width: number;
  height: number;
  data: Uint8Array;
  /** Luma, blue difference, red difference. */
  planes: readonly [Plane, Plane, Plane];
  /** Of the differences: 4:2:0 halves both ways, 4:2:2 the width alone. */
  subsampling: '4:2:0' | '4:2:2' | '4:4:4';
  matrix: YuvMatrix;
  /** False for "studio" levels: 16 to 235 and 16 to 240. */
  fullRange: boolean;
}

/** Shares of red and blue in luma (ISO/IEC 23091-2, table 4). */
const LUMA_SHARES = { bt601: [0.299, 0.114], bt709: [0.2126, 0.0722], bt2020: [0.2627, 0.0593] } as const;

export type YuvMatrix = keyof typeof LUMA_SHARES;

/** How libheif widens studio levels: 256/219 and 256/224, cut to four places. */
const STUDIO_LUMA = 1.1689;
const STUDIO_DIFFERENCE = 1.1429;

/**
 * YUV of 8 bits to RGB, bit for bit as libheif (1.23), with which the server decodes AVIF: each difference is used for
 * its whole block of pixels, without interpolation; 4:2:0 of full range is computed with coefficients of 8 fraction bits,
 * everything else in floating point, rounded. Colour primaries and transfer do not matter here: without an ICC profile
 * a picture is sRGB.
 */
export function yuvToRgb({ width, height, data, planes, subsampling, matrix, fullRange }: YuvImage): RgbImage {
  const [shareRed, shareBlue] = LUMA_SHARES[matrix];
  const shareGreen = 1 - shareRed - shareBlue;
  const exact = [
    2 * (1 - shareRed),
    (-2 * shareRed * (1 - shareRed)) / shareGreen,
    (-2 * shareBlue * (1 - shareBlue)) / shareGreen,
    2 * (1 - shareBlue),
  ];
  const inFixedPoint = subsampling === '4:2:0' && fullRange;
  const [redOfV, greenOfV, greenOfU, blueOfU] = inFixedPoint ? exact.map((coefficient) => Math.round(256 * coefficient)) : exact;
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
      const u = data[blueRow + (x >> narrow)] - 128;
      const v = data[redRow + (x >> narrow)] - 128;
      if (inFixedPoint) {
        rgb[to] = level + ((redOfV * v + 128) >> 8);
        rgb[to + 1] = level + ((greenOfV * v + greenOfU * u + 128) >> 8);
        rgb[to + 2] = level + ((blueOfU * u + 128) >> 8);
      } else {
        const wide = fullRange ? level : (level - 16) * STUDIO_LUMA;
        const wideU = fullRange ? u : u * STUDIO_DIFFERENCE;
        const wideV = fullRange ? v : v * STUDIO_DIFFERENCE;
        rgb[to] = Math.floor(wide + redOfV * wideV + 0.5);
        rgb[to + 1] = Math.floor(wide + greenOfU * wideU + greenOfV * wideV + 0.5);
        rgb[to + 2] = Math.floor(wide + blueOfU * wideU + 0.5);
      }
    }
  }
  return { width, height, data: new Uint8Array(rgb.buffer) };
}

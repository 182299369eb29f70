import type { YuvMatrix } from '../yuv.ts';

/** Coding of colours by code points of ISO/IEC 23091-2. `fullRange` is true for levels of full range. */
export interface ColourCoding {
  primaries: number;
  matrix: number;
  fullRange: boolean;
}

/** Chromaticities of red, green, blue and white, x and y (the same, table 2). */
const CHROMATICITIES: Record<number, readonly number[] | undefined> = {
  1: [0.64, 0.33, 0.3, 0.6, 0.15, 0.06, 0.3127, 0.329],
  4: [0.67, 0.33, 0.21, 0.71, 0.14, 0.08, 0.31, 0.316],
  5: [0.64, 0.33, 0.29, 0.6, 0.15, 0.06, 0.3127, 0.329],
  6: [0.63, 0.34, 0.31, 0.595, 0.155, 0.07, 0.3127, 0.329],
  7: [0.63, 0.34, 0.31, 0.595, 0.155, 0.07, 0.3127, 0.329],
  8: [0.681, 0.319, 0.243, 0.692, 0.145, 0.049, 0.31, 0.316],
  9: [0.708, 0.292, 0.17, 0.797, 0.131, 0.046, 0.3127, 0.329],
  10: [1, 0, 0, 1, 0, 0, 1 / 3, 1 / 3],
  11: [0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.314, 0.351],
  12: [0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.3127, 0.329],
  22: [0.63, 0.34, 0.295, 0.605, 0.155, 0.077, 0.3127, 0.329],
};

const UNSPECIFIED = 2;
const CHROMATICITY_DERIVED = 12;
const BT601: YuvMatrix = { red: 0.299, blue: 0.114 };
/** Matrix coefficients that decoders agree on, by their code point (table 4). */
const MATRICES: Record<number, YuvMatrix | undefined> = {
  0: 'identity',
  1: { red: 0.2126, blue: 0.0722 },
  [UNSPECIFIED]: BT601,
  4: { red: 0.3, blue: 0.11 },
  5: BT601,
  6: BT601,
  7: { red: 0.212, blue: 0.087 },
  8: 'YCgCo',
  9: { red: 0.2627, blue: 0.0593 },
};

/** @returns undefined for a matrix that none of our decoders has, or that two have in different ways */
export function matrixOf({ primaries, matrix }: Pick<ColourCoding, 'primaries' | 'matrix'>): YuvMatrix | undefined {
  return matrix === CHROMATICITY_DERIVED ? derivedFrom(CHROMATICITIES[primaries]) : MATRICES[matrix];
}

/**
 * Shares of red and blue in the luminance of white (equations 32 to 37); BT.601's where the primaries are not known, as libheif does it.
 */
function derivedFrom(chromaticities: readonly number[] | undefined): YuvMatrix {
  if (!chromaticities) return BT601;
  const [xr, yr, xg, yg, xb, yb, xw, yw] = chromaticities;
  const [zr, zg, zb, zw] = [1 - xr - yr, 1 - xg - yg, 1 - xb - yb, 1 - xw - yw];
  const whole = yw * (xr * (yg * zb - yb * zg) + xg * (yb * zr - yr * zb) + xb * (yr * zg - yg * zr));
  return {
    red: (yr * (xw * (yg * zb - yb * zg) + yw * (xb * zg - xg * zb) + zw * (xg * yb - xb * yg))) / whole,
    blue: (yb * (xw * (yr * zg - yg * zr) + yw * (xg * zr - xr * zg) + zw * (xr * yg - xg * yr))) / whole,
  };
}

/**
 * Names the part of a coding that is not decoded; undefined if all is. @param subsampled - whether there are fewer samples of the
 * differences than of luma
 */
export function unsupportedCodingOf(coding: ColourCoding, subsampled: boolean): string | undefined {
  const matrix = matrixOf(coding);
  if (matrix === undefined) return `matrix coefficients ${coding.matrix}`;
  if (matrix === 'identity' && (subsampled || !coding.fullRange))
    return 'the identity matrix with fewer samples of two colours, or of studio range';
  return matrix === 'YCgCo' && !coding.fullRange ? 'YCgCo of studio range' : undefined;
}

import { expect, it } from 'vitest';
import { matrixOf, unsupportedCodingOf } from './matrix.ts';

it('derives the shares of red and blue from the primaries', () => {
  // BT.709's own shares, to the places that the standard gives; Display P3's and BT.2020's likewise (SMPTE RP 177).
  const expected: Record<number, [red: number, blue: number]> = { 1: [0.2126, 0.0722], 9: [0.2627, 0.0593], 12: [0.229, 0.0793] };
  for (const [primaries, [red, blue]] of Object.entries(expected)) {
    const matrix = matrixOf({ primaries: Number(primaries), matrix: 12 }) as { red: number; blue: number };
    expect(matrix.red).toBeCloseTo(red, 4);
    expect(matrix.blue).toBeCloseTo(blue, 4);
  }
  expect(matrixOf({ primaries: 2, matrix: 12 })).toEqual({ red: 0.299, blue: 0.114 });
});

it.each([
  [1, false, undefined],
  [8, false, undefined],
  [10, false, 'matrix coefficients 10'],
  [14, false, 'matrix coefficients 14'],
  [0, false, undefined],
  [0, true, 'the identity matrix with fewer samples of two colours, or of studio range'],
])('tells of matrix %i, subsampled %s, what is not decoded: %s', (matrix, subsampled, kind) =>
  expect(unsupportedCodingOf({ primaries: 1, matrix, fullRange: true }, subsampled)).toBe(kind),
);

it('does not decode the identity matrix and YCgCo of studio range', () => {
  for (const matrix of [0, 8]) expect(unsupportedCodingOf({ primaries: 1, matrix, fullRange: false }, false)).toBeDefined();
  expect(unsupportedCodingOf({ primaries: 1, matrix: 1, fullRange: false }, false)).toBeUndefined();
});

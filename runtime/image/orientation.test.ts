import { expect, it } from 'vitest';
import { exifOrientation, turnUpright, type Orientation } from './orientation.ts';

const grey = (...levels: number[]): Uint8Array => Uint8Array.from(levels.flatMap((level) => [level, level, level]));

// Stored: 1 2 3 / 4 5 6. Orientation 6: its left column, from the bottom, is the upright picture's top row.
it.each<[Orientation, number, number[]]>([
  [1, 3, [1, 2, 3, 4, 5, 6]],
  [2, 3, [3, 2, 1, 6, 5, 4]],
  [3, 3, [6, 5, 4, 3, 2, 1]],
  [4, 3, [4, 5, 6, 1, 2, 3]],
  [5, 2, [1, 4, 2, 5, 3, 6]],
  [6, 2, [4, 1, 5, 2, 6, 3]],
  [7, 2, [6, 3, 5, 2, 4, 1]],
  [8, 2, [3, 6, 2, 5, 1, 4]],
])('turns orientation %i upright', (orientation, width, expected) => {
  const upright = turnUpright({ width: 3, height: 2, data: grey(1, 2, 3, 4, 5, 6) }, orientation);
  expect(upright).toEqual({ width, height: 6 / width, data: grey(...expected) });
});

const BIG = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 2, 1, 0, 0, 3, 0, 0, 0, 1, 0, 9, 0, 0, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0];
const LITTLE = [0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0];

it('reads the orientation in both byte orders, with and without the name before it', () => {
  expect(exifOrientation(Uint8Array.from(BIG))).toBe(6);
  expect(exifOrientation(Uint8Array.from(LITTLE))).toBe(8);
  expect(exifOrientation(Uint8Array.from([0x45, 0x78, 0x69, 0x66, 0, 0, ...LITTLE]))).toBe(8);
});

const changed = (at: number, value: number): Uint8Array => Uint8Array.from(LITTLE, (byte, i) => (i === at ? value : byte));

it.each([
  [1, 'BYTE'],
  [4, 'LONG'],
  [6, 'SBYTE'],
  [8, 'SSHORT'],
  [9, 'SLONG'],
])('reads it of type %i, %s', (type) => {
  expect(exifOrientation(changed(12, type))).toBe(8);
});

it('takes the first of several numbers, be they within the entry or elsewhere', () => {
  expect(exifOrientation(changed(14, 2))).toBe(8);
  // Three SHORTs lie at the position that the entry gives: 26, behind the directory.
  expect(exifOrientation(Uint8Array.from([...changed(14, 3).with(18, 26), 6, 0, 1, 0, 1, 0]))).toBe(6);
});

it('reads it behind a name whose last byte is not 0', () => {
  expect(exifOrientation(Uint8Array.from([0x45, 0x78, 0x69, 0x66, 0, 0xff, ...LITTLE]))).toBe(8);
});

it('takes damaged data for upright', () => {
  for (let length = 0; length < 18; length++) expect(exifOrientation(Uint8Array.from(LITTLE.slice(0, length)))).toBe(1);
  for (const [at, value] of [
    [18, 0],
    [18, 9],
    [12, 12],
    [2, 43],
    [4, 250],
    [0, 0x4d],
    [8, 0],
  ])
    expect(exifOrientation(changed(at, value))).toBe(1);
});

import { expect, test } from 'vitest';
import { parseIdx } from './idx.ts';

/** Two images of 1×3, by hand: magic 0x00000803, then 2, 1, 3, then the pixels. */
const images = Uint8Array.from([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 10, 20, 30, 40, 50, 60]);

test('reads dimensions and bytes', () => {
  const { dimensions, data } = parseIdx(images, 'images', 3);
  expect(dimensions).toEqual([2, 1, 3]);
  expect([...data]).toEqual([10, 20, 30, 40, 50, 60]);
});

test('reads from a view that does not start at its buffer', () => {
  const shifted = new Uint8Array(images.length + 5);
  shifted.set(images, 5);
  expect(parseIdx(shifted.subarray(5), 'images', 3).dimensions).toEqual([2, 1, 3]);
});

test('refuses a cut-off file, naming sizes', () => {
  expect(() => parseIdx(images.subarray(0, 21), 'images', 3)).toThrow('images is cut off or too long: 2 × 1 × 3 expects 22 bytes, came 21');
});

test('refuses a cut-off header', () => {
  expect(() => parseIdx(images.subarray(0, 7), 'images', 3)).toThrow('images is cut off: expected an IDX header of 16 bytes, came 7');
});

test('refuses labels where images are expected', () => {
  const labels = Uint8Array.from([0, 0, 8, 1, 0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(() => parseIdx(labels, 'labels', 3)).toThrow('expected magic number 0x00000803, came 0x00000801');
});

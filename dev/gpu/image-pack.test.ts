import { expect, it } from 'vitest';
import { uniform } from '../../pipeline/testing/numbers.ts';
import { packImages, unpackImages } from './image-pack.ts';

const SIZE = 5;
const IMAGE_BYTES = 3 * SIZE * SIZE;

it('gives images back bit for bit, noise and extremes too, over more than one chunk', () => {
  const count = 1003;
  const pixels = Uint8Array.from(uniform(count * IMAGE_BYTES, 1, 0, 256));
  pixels.fill(255, 0, IMAGE_BYTES);
  pixels.fill(0, IMAGE_BYTES, 2 * IMAGE_BYTES);
  const labels = Array.from({ length: count }, (_, i) => i % 100);
  const { file, count: packed } = packImages(pixels, labels, SIZE);
  const found = unpackImages(file);
  expect(packed).toBe(count);
  expect(found.size).toBe(SIZE);
  expect([...found.labels]).toEqual(labels);
  expect(Buffer.compare(found.pixels, pixels)).toBe(0);
});

it('stops before the bytes that it may take', () => {
  // Noise: every chunk takes as much.
  const pixels = Uint8Array.from(uniform(3000 * IMAGE_BYTES, 2, 0, 256));
  const labels = new Array<number>(3000).fill(1);
  const one = packImages(pixels.subarray(0, 1000 * IMAGE_BYTES), labels.slice(0, 1000), SIZE).file.length;
  expect(packImages(pixels, labels, SIZE, 1.5 * one).count).toBe(1000);
  expect(packImages(pixels, labels, SIZE, 1).count).toBe(0);
});

import { expect, test } from 'vitest';
import type { ImageSet } from './dataset.ts';
import { imagesInMemory } from './image-source.ts';
import { splitValidation } from './split.ts';

/** 40 images of one pixel, whose value is the image's number; 4 classes of 10, interleaved. */
function numbered(): ImageSet {
  const pixels = Uint8Array.from({ length: 40 }, (_, i) => i);
  return { count: 40, images: imagesInMemory(pixels, 1), labels: Uint16Array.from(pixels, (i) => i % 4) };
}

const numbers = ({ count, images }: ImageSet): number[] => [...images.range(0, count)];

test('holds out as many of each class, loses none and repeats none', () => {
  const { train, validation } = splitValidation(numbered(), 12, 1);
  expect([0, 1, 2, 3].map((label) => [...validation.labels].filter((l) => l === label).length)).toEqual([3, 3, 3, 3]);
  expect([...numbers(train), ...numbers(validation)].sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i));
  expect([train.count, validation.count]).toEqual([28, 12]);
});

test('labels stay with their images', () => {
  for (const set of Object.values(splitValidation(numbered(), 12, 1))) expect([...set.labels]).toEqual(numbers(set).map((i) => i % 4));
});

test('the seed alone decides', () => {
  const held = (seed: number) => numbers(splitValidation(numbered(), 12, seed).validation);
  expect(held(1)).toEqual(held(1));
  expect(held(2)).not.toEqual(held(1));
});

test('a smaller validation set is part of a larger one', () => {
  const larger = new Set(numbers(splitValidation(numbered(), 20, 1).validation));
  expect(numbers(splitValidation(numbered(), 12, 1).validation).every((i) => larger.has(i))).toBe(true);
});

test.each([0, 40, 1.5])('refuses to hold out %s of 40', (count) => {
  expect(() => splitValidation(numbered(), count, 1)).toThrow('allowed: 1 to 39');
});

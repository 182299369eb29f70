import { describe, expect, it } from 'vitest';
import { imagesInMemory } from '../data/sets/image-source.ts';
import { roomForGoldens, selectGoldens } from './select-goldens.ts';

describe('selectGoldens', () => {
  // Ten images of one pixel, two classes; brightness, label and the gap between the two logits of each.
  const brightness = [50, 60, 200, 10, 90, 100, 250, 20, 240, 30];
  const labels = [1, 1, 0, 0, 0, 1, 0, 1, 0, 1];
  const gaps = [5, 4, 3, 6, 0.1, 0.2, 9, 8, 7, 0.3];
  const images = { count: 10, images: imagesInMemory(Uint8Array.from(brightness), 1), labels: Uint16Array.from(labels) };
  const logits = Float32Array.from(gaps.flatMap((gap) => [0, gap]));

  it('takes the first of each class, then the brightest, the darkest and the closest to call, none twice', () => {
    // Classes: 2, 0. Nothing is at 255: brightest of the others: 6, 8, 5. Darkest: 3, 7, 9. Smallest gaps of what is left: 4, 1.
    expect(selectGoldens(images, logits, 2)).toEqual([
      ...[2, 0].map((index) => ({ index, kind: 'natural' })),
      ...[6, 8, 5].map((index) => ({ index, kind: 'saturated' })),
      ...[3, 7, 9].map((index) => ({ index, kind: 'dark' })),
      ...[4, 1].map((index) => ({ index, kind: 'boundary' })),
    ]);
  });

  it('takes for saturated what has the most values at 255, however dark the rest', () => {
    // Four images of two pixels, after one of each class.
    const pixels = [
      [0, 0],
      [9, 9],
      [200, 200],
      [255, 0],
      [255, 255],
      [250, 250],
      [1, 2],
    ].flat();
    const some = { count: 7, images: imagesInMemory(Uint8Array.from(pixels), 2), labels: Uint16Array.from([0, 1, 0, 0, 0, 0, 0]) };
    const chosen = selectGoldens(
      some,
      new Float32Array(14).map((_, i) => i),
      2,
    );
    expect(chosen.filter(({ kind }) => kind === 'saturated').map(({ index }) => index)).toEqual([4, 3, 5]);
  });

  it('does without a class that has no image', () => {
    const one = { count: 1, images: imagesInMemory(Uint8Array.of(7), 1), labels: Uint16Array.of(1) };
    expect(selectGoldens(one, Float32Array.of(1, 2), 2)).toEqual([{ index: 0, kind: 'natural' }]);
  });

  it.each([
    [28 * 28, 32],
    [96 * 96 * 3, 28],
    [224 * 224 * 3, 5],
    [512 * 512 * 3, 1],
    [1024 * 1024 * 3, 1],
  ])('has room for images of %i bytes: %i', (bytes, room) => expect(roomForGoldens(bytes)).toBe(room));

  it('takes five at 224 pixels: two classes, and one of each other kind', () => {
    const size = 224 * 224 * 3;
    const pixels = new Uint8Array(9 * size);
    for (let i = 0; i < 9; i++) pixels.fill(20 * i + 10, i * size, (i + 1) * size);
    const big = { count: 9, images: imagesInMemory(pixels, size), labels: Uint16Array.from([0, 1, 2, 3, 4, 0, 1, 2, 3]) };
    const logits = Float32Array.from({ length: 45 }, (_, i) => (i % 5) * (Math.floor(i / 5) === 6 ? 0.1 : 1));
    expect(selectGoldens(big, logits, 5)).toEqual([
      { index: 0, kind: 'natural' },
      { index: 4, kind: 'natural' },
      { index: 8, kind: 'saturated' },
      { index: 1, kind: 'dark' },
      { index: 6, kind: 'boundary' },
    ]);
  });

  it('takes 32 of 2,500 classes, evenly from the first to the last', () => {
    const classes = 2500;
    const labels = Uint16Array.from({ length: classes }, (_, i) => i);
    const set = { count: classes, images: imagesInMemory(new Uint8Array(classes).fill(7), 1), labels };
    const chosen = selectGoldens(set, new Float32Array(classes * classes), classes);
    expect(chosen).toHaveLength(32);
    const natural = chosen.filter(({ kind }) => kind === 'natural').map(({ index }) => index);
    expect(natural).toHaveLength(23);
    expect([natural[0], natural[1], natural.at(-1)]).toEqual([0, 114, 2499]);
  });

  it('takes a few, whatever the number of images', () => {
    const many = {
      count: 1000,
      images: imagesInMemory(
        new Uint8Array(1000).map((_, i) => i % 251),
        1,
      ),
      labels: new Uint16Array(1000).map((_, i) => i % 10),
    };
    expect(
      selectGoldens(
        many,
        new Float32Array(10_000).map((_, i) => (i * 37) % 101),
        10,
      ),
    ).toHaveLength(10 + 9);
  });
});

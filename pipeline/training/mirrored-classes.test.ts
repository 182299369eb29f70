import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRandom, type Random } from '../data/augmentation/random.ts';
import { imagesInMemory } from '../data/sets/image-source.ts';
import { toShared } from '../data/sets/image-set.ts';
import { openDataset, type ImageSet } from '../data/sets/index.ts';
import { findMirroredAnswers, findMirroredClasses, mirrorWarning } from './mirrored-classes.ts';

const SIZE = { height: 24, width: 24, channels: 1 };

/** `count` pictures of each class, each painted by its class's function: level at (x, y) from the middle, which is jittered. */
function painted(count: number, classes: ((x: number, y: number) => number)[]): ImageSet {
  const random = createRandom(11);
  const pixels = new Uint8Array(count * classes.length * 576);
  const labels = Uint16Array.from({ length: count * classes.length }, (_, i) => i % classes.length);
  for (let i = 0; i < labels.length; i++) paint(pixels.subarray(i * 576, (i + 1) * 576), classes[labels[i]], random);
  return { count: labels.length, images: imagesInMemory(toShared(pixels), 576), labels };
}

function paint(target: Uint8Array, shape: (x: number, y: number) => number, random: Random): void {
  const [dx, dy, ground] = [random.integer(5) - 2, random.integer(5) - 2, random.integer(80)];
  for (let y = 0; y < 24; y++)
    for (let x = 0; x < 24; x++) target[24 * y + x] = ground + 100 * shape(x - 12 - dx, y - 12 - dy) + random.integer(40);
}

/** An arrow head and shaft that point to positive x. */
const right = (x: number, y: number): number =>
  Number(Math.abs(y) <= 1 && Math.abs(x) < 8) || Number(x > 0 && x < 8 && Math.abs(y) <= 8 - x);
const left = (x: number, y: number): number => right(-x, y);
const up = (x: number, y: number): number => right(-y, x);
const down = (x: number, y: number): number => up(x, -y);
const circle = (x: number, y: number): number => Number(Math.abs(Math.hypot(x, y) - 6) < 1.5);

describe('classes that are mirror images of each other', () => {
  it('are found among others, and the warning says what to set', () => {
    const pairs = findMirroredClasses(painted(80, [circle, left, up, right]), ['circle', 'left', 'up', 'right'], SIZE, 'horizontal');
    expect(pairs.map(({ labels }) => labels)).toEqual([['left', 'right']]);
    expect(mirrorWarning(pairs, 'horizontal')).toMatch(
      /^warning: "left" and "right" look like mirror images of each other \((?:[89]\d|100) % of their mirrored images pass for the other\): .* Use --flip none, for the teacher too$/,
    );
  });

  it('are found where there are only these two', () => {
    expect(findMirroredClasses(painted(60, [left, right]), ['left', 'right'], SIZE, 'horizontal')).toHaveLength(1);
  });

  it('are not found among symmetrical classes, one-sided classes, too few images or classes that no probe can tell', () => {
    expect(findMirroredClasses(painted(80, [circle, up]), ['circle', 'up'], SIZE, 'horizontal')).toEqual([]);
    expect(findMirroredClasses(painted(80, [circle, right]), ['circle', 'right'], SIZE, 'horizontal')).toEqual([]);
    expect(findMirroredClasses(painted(8, [left, right]), ['left', 'right'], SIZE, 'horizontal')).toEqual([]);
    expect(findMirroredClasses(painted(80, [circle, circle]), ['a', 'b'], SIZE, 'horizontal')).toEqual([]);
    expect(mirrorWarning([], 'both')).toBeUndefined();
  });

  it('are looked for in the directions that training mirrors, and the warning leaves the other one', () => {
    const vertical = painted(60, [up, down]);
    const names = ['up', 'down'];
    expect(findMirroredClasses(vertical, names, SIZE, 'horizontal')).toEqual([]);
    expect(findMirroredClasses(vertical, names, SIZE, 'none')).toEqual([]);
    const pairs = findMirroredClasses(vertical, names, SIZE, 'both');
    expect(pairs).toMatchObject([{ labels: names, direction: 'vertical' }]);
    expect(mirrorWarning(pairs, 'both')).toMatch(/Use --flip horizontal, for the teacher too$/);
    expect(mirrorWarning(pairs, 'vertical')).toMatch(/Use --flip none, for the teacher too$/);
  });

  it('are found by a teacher that tells left from right, and not by one that mirrored pictures do not change', async () => {
    const arrows = painted(60, [left, right]);
    const told = (answer: (pixels: Uint8Array) => number[]) =>
      findMirroredAnswers(arrows, ['left', 'right'], SIZE, 'horizontal', ({ count, images }) =>
        Promise.resolve(Float32Array.from(Array.from({ length: count }, (_, i) => answer(images.image(i))).flat())),
      );
    /** Brightness of the columns on either side: the arrow's head is on the side that it points to. */
    const sides = (pixels: Uint8Array): number[] => {
      const sums = [0, 0];
      for (let p = 0; p < 576; p++) sums[p % 24 < 12 ? 0 : 1] += pixels[p];
      return sums;
    };
    const [pair, ...others] = await told(sides);
    expect(pair).toMatchObject({ labels: ['left', 'right'], direction: 'horizontal' });
    expect(pair.share).toBeGreaterThan(0.8);
    expect(others).toEqual([]);
    expect(await told(() => [1, 0])).toEqual([]);
  });

  const cifar = resolve(import.meta.dirname, '../../../shared/datasets/cifar-100-binary');
  it.skipIf(!existsSync(cifar))('are not found in CIFAR-100 (skipped: no data set cifar-100-binary beside the repository)', async () => {
    const { train, labels, ...size } = await openDataset(`cifar100:${cifar}`);
    expect(findMirroredClasses(train, labels, size, 'horizontal')).toEqual([]);
  });
});

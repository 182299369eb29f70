import { expect, it } from 'vitest';
import { validationGapWarning } from './validation-gap.ts';

it.each<[string, number, number, number, number, boolean]>([
  // sqrt(0.947 * 0.053 / 300 + 0.733 * 0.267 / 300) = 0.0286: three times that are 8.6 points.
  ['a gap of 21.4 points on 300 images each', 0.947, 300, 0.733, 300, true],
  ['the same on 10 images each, where chance explains 47 points', 0.947, 10, 0.733, 10, false],
  // sqrt(2 * 0.25 / 100000) = 0.0022: significant, and too little to matter.
  ['4 points on 100,000 images', 0.54, 100_000, 0.5, 100_000, false],
  ['test above validation', 0.5, 1000, 0.8, 1000, false],
  ['all right and all wrong', 1, 20, 0, 20, true],
])('of %s: %d of %d, %d of %d', (_, validation, validationCount, test, testCount, warns) => {
  const warning = validationGapWarning({ top1: validation, count: validationCount }, { top1: test, count: testCount });
  expect(warning !== undefined).toBe(warns);
});

it('says by how much, and why', () => {
  expect(validationGapWarning({ top1: 0.947, count: 300 }, { top1: 0.733, count: 300 })).toBe(
    'warning: validation top-1 is 21.4 points above test top-1, chance explains 8.6: your validation images resemble your training images more than the test images do',
  );
});

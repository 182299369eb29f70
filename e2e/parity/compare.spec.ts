import { expect, test } from 'playwright/test';
import { compare, table } from './compare.ts';

const expected = [
  [0.7, 0.2, 0.1],
  [0.1, 0.5, 0.4],
];

test('counts other top classes and finds the largest difference and its image', () => {
  const answers = [
    [0.7, 0.25, 0.05],
    [0.1, 0.3, 0.6],
  ];
  const row = compare('here', 'png', answers, expected, [0, 1]);
  expect(row).toMatchObject({ images: 2, accuracy: 0.5, disagreements: 1, worstImage: 1 });
  expect(row.worstDifference).toBeCloseTo(0.2, 12);
  expect(table([row])).toContain('here  png     2       50.00 %   1              2.0e-1');
});

test('has no accuracy without labels', () => {
  expect(compare('here', 'png', expected, expected, [null, null]).accuracy).toBeNull();
});

test('takes a NaN for a difference and a missing class for an error', () => {
  expect(compare('here', 'png', [[NaN, 0.2, 0.1]], expected, [0]).worstDifference).toBeNaN();
  expect(() => compare('here', 'png', [[0.7, 0.3]], expected, [0])).toThrow('2 classes, expected 3');
});

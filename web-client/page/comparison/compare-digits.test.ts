import { expect, it } from 'vitest';
import { compareAnswers } from './compare-digits.ts';

const answer = (...probabilities: number[]) => probabilities.map((probability, index) => ({ label: `c${index}`, index, probability }));

it('is equal when every bit is', () => {
  const { compared, different, largestDifference, classes } = compareAnswers(
    answer(0.1 + 0.2, 0.7 - 1e-16),
    answer(0.30000000000000004, 0.7 - 1e-16),
  );
  expect({ compared, different, largestDifference }).toEqual({ compared: 2, different: 0, largestDifference: 0 });
  expect(classes[0]).toMatchObject({ digits: '0.30000000000000004', same: 19 });
});

it('sees a difference in the last bit, and where the digits part', () => {
  const { different, largestDifference, classes } = compareAnswers(answer(0.1 + 0.2, 0.5), answer(0.3, 0.5));
  expect(different).toBe(1);
  expect(largestDifference).toBe(0.1 + 0.2 - 0.3);
  expect(classes[0].digits.slice(0, classes[0].same)).toBe('0.3');
});

it('goes by class, not by place', () => {
  expect(compareAnswers(answer(0.6, 0.4), answer(0.6, 0.4).reverse()).different).toBe(0);
});

it('compares what both name', () => {
  const { compared, different, classes } = compareAnswers(answer(0.6, 0.3, 0.1), answer(0.6, 0.3));
  expect({ compared, different }).toEqual({ compared: 2, different: 0 });
  expect(classes[2].there).toBeUndefined();
});

it('takes numbers in exponents for what they are', () => {
  expect(compareAnswers(answer(1e-7), answer(1.5e-7)).classes[0]).toMatchObject({ digits: '1e-7', same: 1 });
});

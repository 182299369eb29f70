import { expect, it } from 'vitest';
import { fitting } from './answer-picture.ts';

const widthOf = (words: string): number => [...words].length * 10;

it('leaves alone what fits, and shortens what does not', () => {
  expect(fitting('a shark', widthOf, 70)).toBe('a shark');
  expect(fitting('a hammerhead', widthOf, 70)).toBe('a hamm…');
  expect(fitting('a hammerhead', widthOf, 30)).toBe('a…');
});

it('cuts no character in half', () => {
  expect(fitting('🐘🐘🐘🐘', widthOf, 30)).toBe('🐘🐘…');
  expect(fitting('🐘🐘', widthOf, 0)).toBe('🐘…');
});

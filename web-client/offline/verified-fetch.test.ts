import { expect, it } from 'vitest';
import { failureOf, KeepError } from './verified-fetch.ts';

it('tells the pages a foreseen failure in its own words, and any other as the browser’s', () => {
  expect(failureOf(new KeepError('quota', 'this device has no room left for the page'))).toEqual({
    cause: 'quota',
    reason: 'this device has no room left for the page',
  });
  expect(failureOf(new DOMException('Entry already exists.', 'InvalidAccessError'))).toEqual({
    cause: 'unforeseen',
    reason: 'this browser could not keep the page (InvalidAccessError: Entry already exists.)',
  });
});

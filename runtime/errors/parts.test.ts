import { expect, it } from 'vitest';
import { AppError } from './catalogue.ts';
import { appErrorFromParts, errorParts } from './parts.ts';

/** As a message between threads or processes copies it. */
const sent = (thrown: unknown) => appErrorFromParts(structuredClone(errorParts(thrown)));

it('an error keeps its code, details and message across a border, and its own cause to itself', () => {
  const error = new AppError('IMAGE_UNDECODABLE', { format: 'PNG' }, { cause: new Error('a path of this machine') });
  const arrived = sent(error);
  expect(arrived).toBeInstanceOf(AppError);
  expect(arrived).toMatchObject({ code: 'IMAGE_UNDECODABLE', status: 422, message: error.message });
  expect(arrived.details).toEqual({ format: 'PNG' });
});

it('what was not foreseen is INTERNAL, with its words and the stack of the cause', () => {
  const fault = new TypeError('x is not a function');
  const arrived = sent(fault);
  expect(arrived).toMatchObject({ code: 'INTERNAL', details: { reason: 'TypeError: x is not a function' } });
  expect(arrived.stack).toBe(fault.stack);
});

it('parts of a problem document have no stack of there', () => {
  expect(appErrorFromParts({ code: 'NOT_READY', details: { state: 'starting' } }).stack).toContain('parts.test');
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AppError, ERROR_CATALOGUE, problemType, toAppError, type ErrorCode } from './catalogue.ts';

const documentation = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');

describe('error catalogue', () => {
  it('and docs/errors.md list the same codes with the same statuses', () => {
    const documented = [...documentation.matchAll(/^\| `([A-Z_]+)` \| (\d{3}) \|/gm)].map(([, code, status]) => `${code} ${status}`);
    const catalogued = Object.entries(ERROR_CATALOGUE).map(([code, entry]) => `${code} ${entry.status}`);
    expect(documented.toSorted()).toEqual(catalogued.toSorted());
  });

  it('gives each code its own title and problem type', () => {
    const codes = Object.keys(ERROR_CATALOGUE) as ErrorCode[];
    expect(new Set(codes.map((code) => ERROR_CATALOGUE[code].title)).size).toBe(codes.length);
    expect(new Set(codes.map(problemType)).size).toBe(codes.length);
  });

  it('fills the message and makes a problem document', () => {
    const error = new AppError('IMAGE_TOO_MANY_PIXELS', { width: 10_000, height: 6_000, maxPixels: 50_000_000 });
    expect(error.toProblem('/classify')).toEqual({
      type: '/problems/image-too-many-pixels',
      title: 'Image has too many pixels',
      status: 413,
      detail: 'The image is 10000 x 6000 pixels; at most 50000000 pixels are accepted.',
      code: 'IMAGE_TOO_MANY_PIXELS',
      details: { width: 10_000, height: 6_000, maxPixels: 50_000_000 },
      instance: '/classify',
    });
  });

  it('does not expand text that came in as a detail', () => {
    expect(new AppError('NOT_FOUND', { path: '/{path}' }).message).toBe('There is nothing at /{path}.');
  });

  it('turns an unknown error into INTERNAL and keeps it as the cause', () => {
    const fault = new TypeError('x is not a function');
    const error = toAppError(fault);
    expect(error.code).toBe('INTERNAL');
    expect(error.cause).toBe(fault);
    expect(error.toProblem().detail).not.toContain('x is not');
  });
});

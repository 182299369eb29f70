import { expect, it } from 'vitest';
import { programPart } from './program-part.ts';

it('gives the part that comes, and the catalogue’s error for one that does not', async () => {
  expect(await programPart('AVIF', Promise.resolve('part'))).toBe('part');
  await expect(programPart('AVIF', Promise.reject(new TypeError('not fetched')))).rejects.toMatchObject({
    code: 'PROGRAM_FILE_MISSING',
    details: { file: 'AVIF', reason: 'TypeError: not fetched' },
  });
});

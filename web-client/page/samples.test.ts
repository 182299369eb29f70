import { expect, it } from 'vitest';
import { readSample } from './samples.ts';

it('says of a sample that cannot be had which it is and why', async () => {
  const url = 'https://h/models/a/1/samples/0.png';
  await expect(readSample(url, () => Promise.reject(new TypeError('Failed to fetch')))).rejects.toMatchObject({
    code: 'PACKAGE_FILE_MISSING',
    details: { file: url, reason: 'the server could not be reached' },
  });
  await expect(readSample(url, async () => new Response('gone', { status: 404 }))).rejects.toMatchObject({
    details: { file: url, reason: 'the server answered 404' },
  });
  expect(await (await readSample(url, async () => new Response('abc'))).text()).toBe('abc');
});

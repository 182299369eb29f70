import { sha256Hex } from '@sld-edge/runtime';
import { expect, it } from 'vitest';
import { readSample } from './samples.ts';

const url = 'https://h/models/a/1/samples/0.png';
const sample = { url, label: 'a cat', bytes: 3, sha256: await sha256Hex(new TextEncoder().encode('abc')) };

/** Answers each request in turn, and notes past which caches it was made. */
function answering(...answers: (() => Promise<Response>)[]): { asked: (RequestCache | undefined)[]; request: typeof fetch } {
  const asked: (RequestCache | undefined)[] = [];
  return { asked, request: (_url, init) => (asked.push(init?.cache), answers.shift()!()) };
}

it('says of a sample that cannot be had which it is and why', async () => {
  await expect(readSample(sample, () => Promise.reject(new TypeError('Failed to fetch')))).rejects.toMatchObject({
    code: 'PACKAGE_FILE_MISSING',
    details: { file: url, reason: 'the server could not be reached' },
  });
  await expect(readSample(sample, async () => new Response('gone', { status: 404 }))).rejects.toMatchObject({
    details: { file: url, reason: 'the server answered 404' },
  });
  expect(await (await readSample(sample, async () => new Response('abc'))).text()).toBe('abc');
});

it('takes no byte that is not the package’s, and asks past all caches for a damaged one', async () => {
  const mended = answering(
    async () => new Response('abd'),
    async () => new Response('abc'),
  );
  expect(await (await readSample(sample, mended.request)).text()).toBe('abc');
  expect(mended.asked).toEqual([undefined, 'reload']);

  const damaged = answering(
    async () => new Response('abd'),
    async () => new Response('ab'),
  );
  await expect(readSample(sample, damaged.request)).rejects.toMatchObject({
    code: 'PACKAGE_FILE_CORRUPT',
    details: { file: url, expected: '3 bytes', got: '2 bytes' },
  });
});

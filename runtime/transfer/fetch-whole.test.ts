import { expect, it } from 'vitest';
import { CutError, fetchWhole, StalledError } from './fetch-whole.ts';

/** A body whose parts come one after the other; `null` is a part that never comes. */
function bodyOf(parts: (string | null)[]): ReadableStream<Uint8Array> {
  const left = [...parts];
  return new ReadableStream({
    async pull(controller) {
      const part = left.shift();
      if (part === undefined) return controller.close();
      if (part === null) return new Promise<void>(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 20));
      controller.enqueue(new TextEncoder().encode(part));
    },
  });
}

const answering =
  (...parts: (string | null)[]): typeof fetch =>
  async () =>
    new Response(bodyOf(parts));
const never: typeof fetch = () => new Promise(() => undefined);

it('reads a file to its end and tells of each part', async () => {
  const told: number[] = [];
  const { bytes } = await fetchWhole('x', {}, { request: answering('abc', 'de'), onBytes: (count) => told.push(count) });
  expect(new TextDecoder().decode(bytes)).toBe('abcde');
  expect(told).toEqual([3, 2]);
  expect((await fetchWhole('x', {}, { request: async () => new Response(null) })).bytes.length).toBe(0);
});

it.each([
  ['that does not answer', never],
  ['that breaks off without an end', answering('abc', null)],
])('gives up a host %s', async (_what, request) => {
  const thrown = await fetchWhole('x', {}, { request, stallMs: 60 }).catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(StalledError);
  expect((thrown as Error).message).toBe('nothing came for 0.06 s');
});

it('gives a slow host the time that it needs', async () => {
  const slow = answering(...'abcdefghij');
  expect((await fetchWhole('x', {}, { request: slow, stallMs: 120 })).bytes.length).toBe(10);
});

it('ends when it is told to, before and while it reads', async () => {
  const controller = new AbortController();
  const reading = fetchWhole('x', {}, { request: never, signal: controller.signal });
  const reason = new Error('stopped');
  controller.abort(reason);
  await expect(reading).rejects.toBe(reason);
  await expect(fetchWhole('x', {}, { request: answering('abc'), signal: controller.signal })).rejects.toBe(reason);
});

it('throws what fetch throws', async () => {
  const fault = new TypeError('Failed to fetch');
  await expect(fetchWhole('x', {}, { request: () => Promise.reject(fault) })).rejects.toBe(fault);
});

it('says that an answer broke off', async () => {
  const broken = new ReadableStream({ start: (controller) => controller.error(new TypeError('network error')) });
  const thrown = await fetchWhole('x', {}, { request: async () => new Response(broken) }).catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(CutError);
});

import { expect, it } from 'vitest';
import { createByteBudget } from './byte-budget.ts';

/** Acquires, and writes down that it could. */
function asker(totalBytes: number) {
  const budget = createByteBudget(totalBytes);
  const admitted: string[] = [];
  const ask = async (name: string, bytes: number, signal?: AbortSignal) => {
    const release = await budget.acquire(bytes, signal);
    admitted.push(name);
    return release;
  };
  return { ask, admitted };
}

it('lets in what there is room for, the others in the order of asking', async () => {
  const { ask, admitted } = asker(10);
  const a = await ask('a', 6);
  const [b, c] = [ask('b', 6), ask('c', 1)];
  await Promise.resolve();
  // There would be room for c: it waits behind b, or big ones would wait for ever.
  expect(admitted).toEqual(['a']);
  a();
  await Promise.all([b, c]);
  expect(admitted).toEqual(['a', 'b', 'c']);
});

it('counts more than the whole as the whole, and gives back once only', async () => {
  const { ask, admitted } = asker(10);
  const a = await ask('a', 1000);
  a();
  a();
  const b = await ask('b', 10);
  const c = ask('c', 10);
  await Promise.resolve();
  expect(admitted).toEqual(['a', 'b']);
  b();
  await c;
});

it('forgets who gave up waiting, and lets the next one in', async () => {
  const { ask, admitted } = asker(10);
  const a = await ask('a', 6);
  const client = new AbortController();
  const b = ask('b', 10, client.signal);
  const c = ask('c', 4);
  client.abort(new Error('gone'));
  await expect(b).rejects.toThrow('gone');
  await c;
  expect(admitted).toEqual(['a', 'c']);
  await expect(ask('d', 1, client.signal)).rejects.toThrow('gone');
  a();
});

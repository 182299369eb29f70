import { expect, it } from 'vitest';
import { runBatch } from './run-batch.ts';

const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

it('does each item once, in order, with no more than so many at a time', async () => {
  const items = Array.from({ length: 20 }, (_, i) => i);
  const begun: number[] = [];
  let [now, most] = [0, 0];
  const count = await runBatch(items, 3, new AbortController().signal, async (item) => {
    begun.push(item);
    most = Math.max(most, ++now);
    await later();
    now--;
  });
  expect(begun).toEqual(items);
  expect(count).toBe(20);
  expect(most).toBe(3);
});

it('begins nothing after it was cancelled, and ends what is under way', async () => {
  const cancelling = new AbortController();
  let [begun, ended] = [0, 0];
  const count = await runBatch(Array.from({ length: 20 }), 2, cancelling.signal, async () => {
    if (++begun === 5) cancelling.abort();
    await later();
    ended++;
  });
  expect([count, begun, ended]).toEqual([5, 5, 5]);
});

import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { startThread } from '../../support/thread.ts';
import { createAllReduce, joinAllReduce, stopAllReduce, Stopped } from './all-reduce.ts';

describe('all-reduce', () => {
  it('gives every member the sum, times a factor, of the numbers asked for', async () => {
    const handle = createAllReduce(3, 5);
    const members = [0, 1, 2].map((rank) => joinAllReduce(handle, rank));
    members[0].slot.set([1, 2, 3, 4, 100]);
    members[1].slot.set([10, 20, 30, 40, 100]);
    members[2].slot.set([0.5, -2, 3, 0, 100]);
    for (const sum of await Promise.all(members.map((member) => member.sum(4)))) expect([...sum]).toEqual([11.5, 20, 36, 44]);
    members.forEach(({ slot }, rank) => slot.set([rank, 3]));
    for (const sum of await Promise.all(members.map((member) => member.sum(2, 1 / 2)))) expect([...sum]).toEqual([1.5, 4.5]);
  });

  it('adds in the order of ranks', async () => {
    const handle = createAllReduce(3, 1);
    const members = [0, 1, 2].map((rank) => joinAllReduce(handle, rank));
    // In double precision 2^60 - 2^60 + 1 is 1; 1 + 2^60 - 2^60, and any other order that begins with 1, is 0.
    [2 ** 60, -(2 ** 60), 1].forEach((value, rank) => (members[rank].slot[0] = value));
    const [, sum] = await Promise.all([members[2], members[0], members[1]].map((member) => member.sum(1)));
    expect(sum[0]).toBe(1);
    [1, 2 ** 60, -(2 ** 60)].forEach((value, rank) => (members[rank].slot[0] = value));
    const [other] = await Promise.all(members.map((member) => member.sum(1)));
    expect(other[0]).toBe(0);
  });

  it('sums over threads, step after step', async () => {
    const [STEPS, LENGTH] = [300, 1000];
    const handle = createAllReduce(3, LENGTH);
    const module = new URL('../../testing/all-reduce-worker.ts', import.meta.url);
    const threads = [0, 1, 2].map((rank) => startThread(module, { handle, rank, steps: STEPS, length: LENGTH }));
    const answers = await Promise.all(threads.map(async (thread) => ((await once(thread, 'message')) as [number])[0]));
    let carried = 0;
    let expected = 0;
    for (let step = 1; step <= STEPS; step++) {
      expected = 6 * step + 3 * carried;
      carried = expected % 7;
    }
    expect(answers).toEqual([expected, expected, expected]);
  });

  it('wakes those that wait when it is stopped, and refuses to go on', async () => {
    const handle = createAllReduce(2, 1);
    const [first, second] = [0, 1].map((rank) => joinAllReduce(handle, rank));
    const waiting = first.sum(1);
    setTimeout(() => stopAllReduce(handle), 1);
    await expect(waiting).rejects.toBeInstanceOf(Stopped);
    await expect(second.sum(1)).rejects.toBeInstanceOf(Stopped);
    await expect(first.sum(1)).rejects.toBeInstanceOf(Stopped);
  });

  it('refuses more numbers than a slot holds', async () => {
    await expect(joinAllReduce(createAllReduce(1, 3), 0).sum(4)).rejects.toThrow('a sum of 4 numbers; the slots hold 3');
  });
});

import { expect, it } from 'vitest';
import type { ImageSession } from './image-classifiers.ts';
import { createLoadedSessions } from './loaded-sessions.ts';

/** Sessions of 10 bytes each. */
function open(maxBytes: number) {
  const events: string[] = [];
  const load = async (model: string) => {
    if (model === 'bad') throw new Error('bad');
    events.push(`load ${model}`);
    const session = { model, version: 'v', variant: 'uint8', dispose: () => events.push(`dispose ${model}`) };
    return { session: session as unknown as ImageSession, bytes: 10 };
  };
  const sessions = createLoadedSessions(load, maxBytes, ({ model }) => events.push(`closed ${model}`));
  return { events, sessions, ask: (model: string) => sessions.open(model, 'v', 'uint8', () => events.push(`news ${model}`)) };
}

it('unloads what was asked for longest ago when there is no room, and loads it again', async () => {
  const { events, sessions, ask } = open(25);
  for (const model of ['a', 'b', 'a', 'c', 'b']) await ask(model);
  expect(events).toEqual([
    ...['load a', 'news a', 'load b', 'news b'],
    ...['load c', 'news c', 'dispose b', 'closed b'],
    ...['load b', 'news b', 'dispose a', 'closed a'],
  ]);
  expect(sessions.all().map(({ model }) => model)).toEqual(['c', 'b']);
});

it('keeps the one that is asked for, however large', async () => {
  const { events, sessions, ask } = open(5);
  await ask('a');
  await ask('b');
  expect(sessions.all().map(({ model }) => model)).toEqual(['b']);
  expect(events).toEqual(['load a', 'news a', 'load b', 'news b', 'dispose a', 'closed a']);
});

it('loads once for those that ask together, and again what failed', async () => {
  const { events, ask } = open(100);
  const [one, other] = await Promise.all([ask('a'), ask('a')]);
  expect(one).toBe(other);
  expect(events.filter((event) => event === 'load a')).toHaveLength(1);
  await expect(ask('bad')).rejects.toThrow('bad');
  await expect(ask('bad')).rejects.toThrow('bad');
});

import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { startThread } from './thread.ts';

const startEcho = (data: unknown): Worker => startThread(new URL('../testing/echo-worker.ts', import.meta.url), data);

describe('startThread', () => {
  it('runs TypeScript, and hands it its data; shared memory stays shared', async () => {
    const shared = new Uint8Array(new SharedArrayBuffer(2));
    const thread = startEcho({ shared, words: ['from', 'here'] });
    const [message] = (await once(thread, 'message')) as [{ said: string; source: string }];
    expect(message.said).toBe('from here');
    expect([...shared]).toEqual([0, 7]);
    await thread.terminate();
  });

  it('tells a compiled module where its source lies', async () => {
    const thread = startEcho({ shared: new Uint8Array(2), words: [] });
    const [message] = (await once(thread, 'message')) as [{ said: string; source: string }];
    expect(message.source).toBe(new URL('../testing/echo-worker.ts', import.meta.url).href);
  });

  it('hands on what the module throws', async () => {
    const thread = startEcho({ shared: new Uint8Array(2) });
    const [error] = (await once(thread, 'error')) as [Error];
    expect(error.message).toBe('no words');
  });
});

import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setEnvironmentData, type Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.ts';
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

  it('runs the modules that the process started with, though sources have changed since', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'pipeline/testing'), { recursive: true });
    writeFileSync(
      join(folder, 'pipeline/testing/echo-worker.js'),
      "import('node:worker_threads').then(({ parentPort }) => parentPort.postMessage('older'));",
    );
    setEnvironmentData('folder of the compiled pipeline', folder);
    const thread = startEcho({});
    setEnvironmentData('folder of the compiled pipeline', undefined);
    expect(await once(thread, 'message')).toEqual(['older']);
    await thread.terminate();
  });

  it('hands on what the module throws', async () => {
    const thread = startEcho({ shared: new Uint8Array(2) });
    const [error] = (await once(thread, 'error')) as [Error];
    expect(error.message).toBe('no words');
  });
});

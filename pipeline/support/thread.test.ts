import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { startThread } from './thread.ts';

function moduleOf(source: string): URL {
  const path = join(temporaryFolder(), 'module.mts');
  writeFileSync(path, source);
  return pathToFileURL(path);
}

describe('startThread', () => {
  it('runs TypeScript, and hands it its data; shared memory stays shared', async () => {
    const shared = new Uint8Array(new SharedArrayBuffer(2));
    const thread = startThread(
      moduleOf(`
        import { parentPort, workerData } from 'node:worker_threads';
        interface Data { shared: Uint8Array; words: readonly string[] }
        const { shared, words }: Data = workerData.data as Data;
        shared[1] = 7;
        parentPort!.postMessage(words.join(' '));
      `),
      { shared, words: ['from', 'here'] },
    );
    const [message] = (await once(thread, 'message')) as [string];
    expect(message).toBe('from here');
    expect([...shared]).toEqual([0, 7]);
    expect(await thread.terminate()).toBeDefined();
  });

  it('hands on what the module throws', async () => {
    const thread = startThread(moduleOf("throw new Error('no such thing');"), {});
    const [error] = (await once(thread, 'error')) as [Error];
    expect(error.message).toBe('no such thing');
  });
});

import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { createLog } from './log.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'sld-edge-log-'));
/** Linux: a file on a disk without room. */
const FULL = '/dev/full';
afterAll(() => rmSync(dir, { recursive: true }));

function openLog() {
  const file = path.join(dir, `${Math.random()}.log`);
  const descriptor = openSync(file, 'w');
  const read = () =>
    readFileSync(file, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { ...createLog(descriptor), read };
}

it('writes a record as a line of JSON with its level and the time, and nothing beside', () => {
  const { log, flush, read } = openLog();
  log({ event: 'listening', port: 8080, models: [{ name: 'shapes' }] });
  log({ event: 'failed', level: 'error', code: 'INTERNAL' });
  flush();
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as unknown;
  expect(read()).toEqual([
    { level: 'info', time, event: 'listening', port: 8080, models: [{ name: 'shapes' }] },
    { level: 'error', time, event: 'failed', code: 'INTERNAL' },
  ]);
});

it('holds requests back until there are many, until other news, or until it is told to write', async () => {
  const { log, flush, read } = openLog();
  log({ event: 'request', path: '/a' });
  expect(read()).toEqual([]);
  flush();
  expect(read()).toMatchObject([{ path: '/a' }]);
  log({ event: 'request', path: '/b' });
  log({ event: 'draining' });
  await vi.waitFor(() => expect(read()).toMatchObject([{ path: '/a' }, { path: '/b' }, { event: 'draining' }]));
});

it.skipIf(!existsSync(FULL))('goes on where its file can no longer be written, and holds no more than a limit', () => {
  const descriptor = openSync(FULL, 'w');
  const { log, flush, dropped } = createLog(descriptor);
  for (let i = 0; i < 2000; i++) log({ event: 'request', path: `/${'x'.repeat(1000)}` });
  flush();
  expect(dropped()).toBeGreaterThan(500);
  expect(dropped()).toBeLessThan(2000);
});

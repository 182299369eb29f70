import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createLog } from './log.ts';

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 11, 1, 12) }));
afterEach(() => void vi.useRealTimers());

function openLog() {
  const written: string[] = [];
  const { log, flush } = createLog({ write: (text) => written.push(text) });
  return { log, flush, written };
}

it('writes a record as a line of JSON with its level and the time, and nothing beside', () => {
  const { log, written } = openLog();
  log({ event: 'listening', port: 8080, models: [{ name: 'shapes' }] });
  log({ event: 'failed', level: 'error', code: 'INTERNAL' });
  const time = '2026-12-01T12:00:00.000Z';
  expect(written.map((line) => JSON.parse(line) as unknown)).toEqual([
    { level: 'info', time, event: 'listening', port: 8080, models: [{ name: 'shapes' }] },
    { level: 'error', time, event: 'failed', code: 'INTERNAL' },
  ]);
  expect(written[0].endsWith('}\n')).toBe(true);
});

it('holds requests until there are many, for a moment, until other news, or until it is told to write', () => {
  const { log, flush, written } = openLog();
  const paths = () =>
    written
      .join('')
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as { path?: string }).path);
  log({ event: 'request', path: '/a' });
  expect(written).toHaveLength(0);
  flush();
  expect(paths()).toEqual(['/a']);
  log({ event: 'request', path: '/b' });
  log({ event: 'draining' });
  expect(written).toHaveLength(2);
  expect(paths()).toEqual(['/a', '/b', undefined]);
  log({ event: 'request', path: '/c' });
  vi.advanceTimersByTime(200);
  expect(paths().at(-1)).toBe('/c');
  const before = written.length;
  for (let i = 0; i < 10; i++) log({ event: 'request', path: 'x'.repeat(1000) });
  expect(written.length - before).toBe(2);
});

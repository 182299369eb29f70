import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { acquireLock, ownerIsAlive, ownIdentity } from './process-lock.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'lock-test-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('names its owner, and is gone when released', async () => {
  const path = join(folder, 'deeper', 'lock');
  const release = await acquireLock(path, () => expect.unreachable('nobody holds it'));
  expect(readFileSync(path, 'utf8')).toBe(ownIdentity());
  await release();
  expect(existsSync(path)).toBe(false);
});

test('a second taker waits, says for whom, and gets it', async () => {
  const path = join(folder, 'lock');
  const order: string[] = [];
  const release = await acquireLock(path, () => {});
  const second = acquireLock(path, (pid) => order.push(`waits for ${pid}`), 5).then((releaseSecond) => {
    order.push('second holds it');
    return releaseSecond();
  });
  await expect.poll(() => order).toEqual([`waits for ${process.pid}`]);
  order.push('first releases');
  await release();
  await second;
  expect(order).toEqual([`waits for ${process.pid}`, 'first releases', 'second holds it']);
});

test('a lock of a process that was killed is taken over', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  const path = join(folder, 'lock');
  const start = () => readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1].split(' ')[19];
  const identity = existsSync('/proc/self/stat') ? `${child.pid} ${start()}` : `${child.pid}`;
  expect(ownerIsAlive(identity)).toBe(true);
  writeFileSync(path, identity);
  const closed = new Promise((resolve) => child.on('close', resolve));
  child.kill('SIGKILL');
  await closed;
  expect(ownerIsAlive(identity)).toBe(false);
  const release = await acquireLock(path, () => expect.unreachable('its owner is dead'), 5);
  expect(readFileSync(path, 'utf8')).toBe(ownIdentity());
  await release();
});

test.skipIf(!existsSync('/proc/self/stat'))('a pid that another process uses now is not the owner (skipped without /proc)', () => {
  expect(ownerIsAlive(`${process.pid} 1`)).toBe(false);
});

test.each(['', 'text', '-1'])('"%s" names no living process', (identity) => {
  expect(ownerIsAlive(identity)).toBe(false);
});

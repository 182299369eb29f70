import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { errorOf } from '../testing/error-of.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { acquireLock, LockLostError, type LockTiming } from './file-lock.ts';

const QUICK: LockTiming = { beatMs: 50, staleMs: 4000 };
const program = fileURLToPath(new URL('../testing/hold-lock.ts', import.meta.url));
const newPidNamespace = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
const noNamespaces = spawnSync(newPidNamespace[0], [...newPidNamespace.slice(1), 'true']).status === 0 ? '' : ' (skipped: this user may make no PID namespace; root may)';

/** Starts hold-lock.ts. `lines` ends with the process. */
function start(prefix: readonly string[], ...args: string[]): { child: ChildProcess; firstLine: Promise<string>; ended: Promise<number | null> } {
  const [command, ...rest] = [...prefix, process.execPath, '--import', import.meta.resolve('tsx'), program, ...args];
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  const firstLine = new Promise<string>((resolve) => child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part).includes('\n') && resolve(text.split('\n')[0])));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { child, firstLine, ended };
}

const refusal = (holder: string): Error => new Error(`held by ${holder}`);

describe('a lock in one process', () => {
  test('is a file beside nothing else, gone when released', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'deeper', 'lock');
    const lock = await acquireLock(path, { timing: QUICK });
    lock.assertHeld();
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ process: process.pid, host: hostname(), staleMs: 4000 });
    await lock.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a second taker waits, says for whom, and gets it', async () => {
    const path = join(temporaryFolder(), 'lock');
    const order: string[] = [];
    const first = await acquireLock(path, { timing: QUICK });
    const second = acquireLock(path, { timing: QUICK, onWait: (holder) => order.push(`waits for ${holder.split(' (')[0]}`) }).then((lock) => {
      order.push('second holds it');
      return lock.release();
    });
    const waits = `waits for process ${process.pid} on host ${hostname()}`;
    await expect.poll(() => order).toEqual([waits]);
    order.push('first releases');
    await first.release();
    await second;
    expect(order).toEqual([waits, 'first releases', 'second holds it']);
  });

  test('one that is renewed refuses another, however old it is', async () => {
    const path = join(temporaryFolder(), 'lock');
    await using lock = await acquireLock(path, { timing: { beatMs: 50, staleMs: 60_000 } });
    utimesSync(path, new Date(), new Date(Date.now() - 30_000));
    expect((await errorOf(() => acquireLock(path, { timing: QUICK, refusal }))).message).toMatch(/^held by process \d+ on host /);
    lock.assertHeld();
  });

  test('one whose time has passed is taken over at once, by its own statement of time', async () => {
    const path = join(temporaryFolder(), 'lock');
    for (const content of ['', 'half wri', JSON.stringify({ token: 'x', staleMs: 500 })]) {
      writeFileSync(path, content);
      utimesSync(path, new Date(), new Date(Date.now() - 20_000));
      const lock = await acquireLock(path, { timing: QUICK, refusal });
      lock.assertHeld();
      await lock.release();
    }
  });

  test('one dated in the future, by a host of another clock, is taken over when nobody renews it', async () => {
    const path = join(temporaryFolder(), 'lock');
    writeFileSync(path, JSON.stringify({ token: 'x', staleMs: 300 }));
    utimesSync(path, new Date(), new Date(Date.now() + 3_600_000));
    await (await acquireLock(path, { timing: QUICK, refusal })).release();
  });

  test('an owner that lost it notices, leaves it to the other, and does not bring it back', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'lock');
    const first = await acquireLock(path, { timing: QUICK });
    // What a taker does with a lock that it judged stale.
    renameSync(path, join(folder, 'aside'));
    const second = await acquireLock(path, { timing: QUICK });
    expect(() => first.assertHeld()).toThrow(LockLostError);
    expect(() => first.assertHeld()).toThrow(/was taken over by process \d+ on host/);
    await first.release();
    second.assertHeld();
    await second.release();
    expect(existsSync(path)).toBe(false);
  });

  test('an owner whose lock was removed notices', async () => {
    const path = join(temporaryFolder(), 'lock');
    await using lock = await acquireLock(path, { timing: QUICK });
    renameSync(path, `${path}.removed`);
    expect(() => lock.assertHeld()).toThrow(/lock is gone/);
  });
});

describe('a lock between processes', () => {
  test('a killed holder is taken over after its stated time, a living one not', async () => {
    const path = join(temporaryFolder(), 'lock');
    const holder = start([], path, JSON.stringify({ beatMs: 50, staleMs: 4000 }), 'hold');
    expect(await holder.firstLine).toBe('held');
    expect((await errorOf(() => acquireLock(path, { timing: QUICK, refusal }))).message).toMatch(/^held by /);
    holder.child.kill('SIGKILL');
    await holder.ended;
    expect(existsSync(path)).toBe(true);
    let waited = false;
    const lock = await acquireLock(path, { timing: QUICK, refusal, onWait: () => (waited = true) });
    expect(waited).toBe(true);
    await lock.release();
  });

  test('one that was asked to end releases its own', async () => {
    const path = join(temporaryFolder(), 'lock');
    const holder = start([], path, JSON.stringify(QUICK), 'hold');
    expect(await holder.firstLine).toBe('held');
    holder.child.kill('SIGINT');
    await holder.ended;
    expect(existsSync(path)).toBe(false);
  });

  test('of processes that race, one at a time is inside', async () => {
    const folder = temporaryFolder();
    const counter = join(folder, 'counter');
    writeFileSync(counter, '0');
    const racers = Array.from({ length: 3 }, () => start([], join(folder, 'lock'), JSON.stringify({ beatMs: 20, staleMs: 30_000 }), 'count', counter, '15'));
    expect(await Promise.all(racers.map(({ ended }) => ended))).toEqual([0, 0, 0]);
    expect(readFileSync(counter, 'utf8')).toBe('45');
    expect(readdirSync(folder)).toEqual(['counter']);
  });

  test('of processes that race for a killed one’s, one at a time is inside', async () => {
    const folder = temporaryFolder();
    const counter = join(folder, 'counter');
    writeFileSync(counter, '0');
    writeFileSync(join(folder, 'lock'), JSON.stringify({ token: 'x', staleMs: 1 }));
    utimesSync(join(folder, 'lock'), new Date(), new Date(Date.now() - 60_000));
    const racers = Array.from({ length: 3 }, () => start([], join(folder, 'lock'), JSON.stringify({ beatMs: 20, staleMs: 30_000 }), 'count', counter, '5'));
    expect(await Promise.all(racers.map(({ ended }) => ended))).toEqual([0, 0, 0]);
    expect(readFileSync(counter, 'utf8')).toBe('15');
  });

  test.skipIf(noNamespaces !== '')(`holds across PID namespaces, where both may be process 1${noNamespaces}`, async () => {
    const path = join(temporaryFolder(), 'lock');
    const first = start(newPidNamespace, path, JSON.stringify(QUICK), 'hold');
    expect(await first.firstLine).toBe('held');
    const { process: pid } = JSON.parse(readFileSync(path, 'utf8')) as { process: number };
    const second = start(newPidNamespace, path, JSON.stringify(QUICK), 'try');
    expect(await second.firstLine).toMatch(new RegExp(`^refused: process ${pid} on host `));
    first.child.kill('SIGKILL');
    await first.ended;
    expect(await start(newPidNamespace, path, JSON.stringify(QUICK), 'try').firstLine).toBe('held');
  });
});

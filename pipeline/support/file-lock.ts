/**
 * One owner at a time for what a file path guards: across threads, processes, containers and hosts that share the file system.
 * The lock is a file, made exclusively, whose modification time its owner renews. One that was not renewed for its stated
 * time is taken over. No process id is asked for: it means nothing in another container or on another host.
 */
import { randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import { constants, copyFile, open, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { temporaryName } from './atomic-write.ts';
import { guardAtExit } from './lock-exit.ts';

export interface FileLock extends AsyncDisposable {
  path: string;
  /** Checks that the lock is held; call it before writing what the lock guards. @throws LockLostError if another has it, or nobody */
  assertHeld(): void;
  release(): Promise<void>;
}

/** The owner stood still for longer than its lock allows (a suspended machine, a stopped process), and another took over. */
export class LockLostError extends Error {}

export interface LockOptions {
  /** Told once who holds the lock, when it has to be waited for. */
  onWait?(holder: string): void;
  /** The error to throw, in place of waiting, once the holder is seen to live. */
  refusal?(holder: string): Error;
  timing?: LockTiming;
}

export interface LockTiming {
  /** Interval at which the owner renews the file. */
  beatMs: number;
  /** Time without renewal after which the lock is taken over. The lock states it, and whoever wants it goes by that. */
  staleMs: number;
}

/** A restart after `kill -9` waits 15 s at most; network file systems and loaded machines delay a beat by a few. */
export const LOCK_TIMING: Readonly<LockTiming> = { beatMs: 2000, staleMs: 15_000 };

const POLL_MS = 250;

/** Content of a lock file, as JSON: `token` tells owners apart, the rest is for people and for {@link isStale}. */
interface Owner {
  token: string;
  staleMs: number;
  process: number;
  host: string;
  since: string;
}

/**
 * Waits for the lock and holds it until `release`, or until the process ends. A killed owner's is taken over.
 * @throws what `refusal` makes, where somebody living holds it; else the file system's error
 */
export async function acquireLock(path: string, { onWait, refusal, timing = LOCK_TIMING }: LockOptions = {}): Promise<FileLock> {
  const made = mkdirSync(dirname(path), { recursive: true });
  const owner: Owner = {
    token: randomUUID(),
    staleMs: timing.staleMs,
    process: process.pid,
    host: hostname(),
    since: new Date().toISOString(),
  };
  const content = JSON.stringify(owner);
  let seen: Observation | undefined;
  let told = false;
  while (!createExclusively(path, content)) {
    const found = await observe(path, seen);
    if (!found) continue;
    if (await isStale(path, found)) {
      await takeAway(path, found.content);
      seen = undefined;
      continue;
    }
    if (refusal && seen && found.sinceMs !== seen.sinceMs) throw refusal(holderText(found.content));
    seen = found;
    // Who is going to be refused hears of it only where it takes longer than a living holder's next beat.
    if (!told && (!refusal || performance.now() - found.sinceMs > 2 * timing.beatMs)) {
      onWait?.(holderText(found.content));
      told = true;
    }
    await sleep(Math.min(POLL_MS, timing.beatMs / 2));
  }
  return held(path, content, timing.beatMs, made);
}

/** @param made the first folder that was made for the lock, where one was */
function held(path: string, content: string, beatMs: number, made: string | undefined): FileLock {
  // In a thread of its own: the owner's may compute for minutes without a turn of its event loop.
  const heartbeat = new Worker(new URL('./lock-heartbeat.mjs', import.meta.url), { workerData: { path, content, beatMs }, execArgv: [] });
  heartbeat.unref();
  const remove = (): void => {
    if (readLock(path) !== content) return;
    rmSync(path, { force: true });
    if (made !== undefined) removeEmpty(dirname(path), made);
  };
  const forget = guardAtExit(remove);
  const release = async (): Promise<void> => {
    forget();
    await heartbeat.terminate();
    remove();
  };
  return {
    path,
    assertHeld() {
      // Another that judged an earlier lock may hold the file in its hands for an instant, and puts it back.
      for (let attempt = 0; attempt < 5; attempt++) {
        const now = readLock(path);
        if (now === content) return;
        if (now !== undefined)
          throw new LockLostError(`${path} was taken over by ${holderText(now)} while this process stood still: nothing more is written`);
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
      }
      throw new LockLostError(`${path} is gone: someone removed it, and another may work here; nothing more is written`);
    },
    release,
    [Symbol.asyncDispose]: release,
  };
}

/** A command that was refused leaves no folders: those between `folder` and `first` go as far as they are empty. */
function removeEmpty(folder: string, first: string): void {
  try {
    for (let at = resolve(folder); at.length >= resolve(first).length; at = dirname(at)) rmdirSync(at);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

function createExclusively(path: string, content: string): boolean {
  try {
    const file = openSync(path, 'wx');
    try {
      writeSync(file, content);
    } finally {
      closeSync(file);
    }
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // The holder before found its folder empty and took it away.
    if (code === 'ENOENT') mkdirSync(dirname(path), { recursive: true });
    if (code === 'EEXIST' || code === 'ENOENT') return false;
    throw error;
  }
}

interface Observation {
  content: string;
  modifiedMs: number;
  /** Time at which this state was first seen, on this process's clock. */
  sinceMs: number;
}

/** The lock's state: `before` itself where nothing changed since. Undefined if the lock is gone. */
async function observe(path: string, before: Observation | undefined): Promise<Observation | undefined> {
  // Opened anew each time: a network file system then asks its server.
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return undefined;
  try {
    const content = await file.readFile('utf8');
    const modifiedMs = (await file.stat()).mtimeMs;
    return before && before.content === content && before.modifiedMs === modifiedMs
      ? before
      : { content, modifiedMs, sinceMs: performance.now() };
  } finally {
    await file.close();
  }
}

/**
 * Returns true if the lock was not renewed for its stated time, by the file system's clock or by this process's own. Hosts' clocks have no
 * say.
 */
async function isStale(path: string, { content, modifiedMs, sinceMs }: Observation): Promise<boolean> {
  const { staleMs } = ownerOf(content);
  if (performance.now() - sinceMs > staleMs) return true;
  const nowMs = await fileSystemTime(path);
  return nowMs !== undefined && nowMs - modifiedMs > staleMs;
}

/** The present as the lock's file system counts it, in milliseconds; undefined if it takes no more files. */
async function fileSystemTime(path: string): Promise<number | undefined> {
  const probe = temporaryName(path);
  try {
    await writeFile(probe, '');
    const file = await open(probe, 'r');
    const { mtimeMs } = await file.stat();
    await file.close();
    return mtimeMs;
  } catch {
    return undefined;
  } finally {
    await rm(probe, { force: true });
  }
}

/** Removes a lock that was judged stale. One that another has made since is put back. */
async function takeAway(path: string, judged: string): Promise<void> {
  const aside = temporaryName(path);
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (readLock(aside) !== judged) await copyFile(aside, path, constants.COPYFILE_EXCL).catch(() => undefined);
  await rm(aside, { force: true });
}

function readLock(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** A lock that is being written, or was left half-written, is empty. */
function ownerOf(content: string): Partial<Owner> & Pick<Owner, 'staleMs'> {
  try {
    const owner = JSON.parse(content) as Partial<Owner>;
    return { ...owner, staleMs: Number(owner.staleMs) > 0 ? Number(owner.staleMs) : LOCK_TIMING.staleMs };
  } catch {
    return { staleMs: LOCK_TIMING.staleMs };
  }
}

/** Text for people: `process 12 on host a (since 2026-01-02T03:04:05.678Z)`. */
function holderText(content: string): string {
  const { process: pid, host, since } = ownerOf(content);
  return pid === undefined ? 'another process' : `process ${pid} on host ${host} (since ${since})`;
}

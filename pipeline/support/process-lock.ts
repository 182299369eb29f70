import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** When the process began, in clock ticks since boot: with the pid it names a process even after the pid is used again. Empty where /proc is missing. */
function processStart(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

/** What names this process for {@link ownerIsAlive}: pid and start. */
export function ownIdentity(): string {
  return ownerIdentity(process.pid);
}

function ownerIdentity(pid: number): string {
  return `${pid} ${processStart(pid)}`.trim();
}

/** Whether the process that wrote this identity still runs. */
export function ownerIsAlive(identity: string): boolean {
  const pid = Number(identity.split(' ')[0]);
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return ownerIdentity(pid) === identity;
}

/**
 * Holds a lock file that names its owner, waits while a living process holds it, and takes it over from a dead one.
 * The lock only saves double work: whatever it guards must still appear by one rename, since a takeover can race.
 * @param onWait called once, with the owner's pid, when the lock is held by someone else.
 * @returns a function that releases the lock.
 */
export async function acquireLock(path: string, onWait: (pid: number) => void, pollMs = 500): Promise<() => Promise<void>> {
  await mkdir(dirname(path), { recursive: true });
  const own = ownIdentity();
  for (let waited = false; ; ) {
    try {
      const file = await open(path, 'wx');
      await file.writeFile(own);
      await file.close();
      return async () => {
        if ((await readFile(path, 'utf8').catch(() => '')) === own) await rm(path, { force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = await readSettled(path);
    if (holder === null) continue;
    if (!ownerIsAlive(holder)) {
      const aside = `${path}.${randomBytes(4).toString('hex')}`;
      await rename(path, aside).catch(() => undefined);
      await rm(aside, { force: true });
      continue;
    }
    if (!waited) onWait(Number(holder.split(' ')[0]));
    waited = true;
    await sleep(pollMs);
  }
}

/** The lock's content; a fresh lock is empty for an instant between its creation and the writing of its owner. */
async function readSettled(path: string): Promise<string | null> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const text = await readFile(path, 'utf8').catch(() => null);
    if (text === null || text !== '') return text;
    await sleep(25);
  }
  return '';
}

/**
 * A program for tests of locks: `hold-lock.ts PATH TIMING ACTION [ARGUMENT]`, TIMING as JSON.
 * `hold` says "held" and holds until it is ended; `try` says "held", or who has it; `count FILE TIMES` adds 1 to a number under the lock.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { acquireLock, type LockTiming } from '../support/file-lock.ts';

const [path, timingText, action, file, times] = process.argv.slice(2);
const timing = JSON.parse(timingText) as LockTiming;
const refusal = (holder: string): Error => new Error(`refused: ${holder}`);

if (action === 'count') {
  for (let i = 0; i < Number(times); i++) {
    await using lock = await acquireLock(path, { timing });
    const before = Number(readFileSync(file, 'utf8'));
    await sleep(2);
    lock.assertHeld();
    writeFileSync(file, String(before + 1));
  }
} else {
  try {
    const lock = await acquireLock(path, { timing, ...(action === 'try' && { refusal }) });
    console.log('held');
    if (action === 'hold') await new Promise((resolve) => setTimeout(resolve, 1e9));
    await lock.release();
  } catch (error) {
    console.log((error as Error).message);
  }
}

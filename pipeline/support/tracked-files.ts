/** Refuses to write over files that git tracks, unless `--force` is given. */
import { execFileSync } from 'node:child_process';
import { existsSync, realpathSync, statSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from './usage-error.ts';
import { toggle } from './value.ts';
import type { SettingTable } from './setting.ts';

/** Every command that writes where the user says takes it. */
export const forceSetting = {
  force: { ...toggle(false), help: 'write over files that git tracks', group: 'run', decides: 'nothing' },
} as const satisfies SettingTable;

/**
 * Called before any work is done.
 * @param path a file or folder that is about to be written
 * @param instead what to do
 * @throws UsageError in one line if git tracks it or something in it, unless `force`
 */
export function refuseTracked(path: string, force: boolean, instead = 'name another place, or add --force'): void {
  if (force || !existsSync(path)) return;
  const [tracked] = trackedIn(path);
  if (tracked === undefined) return;
  const what = statSync(path).isDirectory() ? `${path} holds files that git tracks (${tracked})` : `git tracks ${path}`;
  throw new UsageError(`${what}: it is not written over; ${instead}`);
}

/** Paths relative to the working folder. Without git, all of this checkout but `runs` counts as tracked. */
function trackedIn(path: string): string[] {
  const real = realpathSync(path);
  const folder = statSync(real).isDirectory() ? real : dirname(real);
  try {
    const listed = execFileSync('git', ['ls-files', '-z', '--', real], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 2 ** 26,
    });
    return listed
      .split('\0')
      .filter(Boolean)
      .map((name) => relative(process.cwd(), resolve(folder, name)));
  } catch {
    const inCheckout = relative(fileURLToPath(new URL('../..', import.meta.url)), real);
    return inCheckout.startsWith('..') || inCheckout === 'runs' || inCheckout.startsWith(`runs${sep}`)
      ? []
      : [relative(process.cwd(), real)];
  }
}

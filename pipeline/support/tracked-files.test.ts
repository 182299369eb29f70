import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorOf } from '../testing/error-of.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { refuseTracked } from './tracked-files.ts';

/** A checkout with `docs/kept.md` tracked and `docs/new.md` and `runs/x` not. */
function checkout(): string {
  const folder = temporaryFolder();
  const git = (...args: string[]): void => void execFileSync('git', args, { cwd: folder, stdio: 'ignore' });
  git('init');
  for (const name of ['docs', 'runs']) mkdirSync(join(folder, name));
  for (const name of ['docs/kept.md', 'docs/new.md', 'runs/x']) writeFileSync(join(folder, name), name);
  git('add', 'docs/kept.md');
  return folder;
}

describe('refuseTracked', () => {
  it('refuses a tracked file and a folder that holds one, unless forced', async () => {
    const folder = checkout();
    const kept = join(folder, 'docs/kept.md');
    expect((await errorOf(() => refuseTracked(kept, false))).message).toBe(
      `git tracks ${kept}: it is not written over; name another place, or add --force`,
    );
    expect((await errorOf(() => refuseTracked(join(folder, 'docs'), false))).message).toMatch(
      /docs holds files that git tracks \(.*kept\.md\): it is not written over; name another place, or add --force$/,
    );
    refuseTracked(kept, true);
  });

  it('lets through what is not tracked, not there, or in no checkout', () => {
    const folder = checkout();
    for (const name of ['docs/new.md', 'runs', 'runs/x', 'nothing/here'])
      expect(() => refuseTracked(join(folder, name), false)).not.toThrow();
    const elsewhere = join(temporaryFolder(), 'file');
    writeFileSync(elsewhere, '');
    expect(() => refuseTracked(elsewhere, false)).not.toThrow();
  });
});

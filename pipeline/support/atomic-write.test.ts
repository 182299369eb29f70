import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { errorOf } from '../testing/error-of.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { writeFileAtomic } from './atomic-write.ts';

describe('writeFileAtomic', () => {
  it('writes text and bytes one after another, into a folder that it makes', () => {
    const path = join(temporaryFolder(), 'a', 'b', 'file');
    writeFileAtomic(path, 'ü', Uint8Array.of(0, 255), new Uint8Array(0));
    expect([...readFileSync(path)]).toEqual([0xc3, 0xbc, 0, 255]);
  });

  it('replaces what was there and leaves nothing beside it', () => {
    const folder = temporaryFolder();
    writeFileAtomic(join(folder, 'file'), 'a long first content');
    writeFileAtomic(join(folder, 'file'), 'second');
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('second');
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('leaves everything as it was where the file cannot take its place', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'file'));
    writeFileSync(join(folder, 'file', 'inside'), 'kept');
    await errorOf(() => writeFileAtomic(join(folder, 'file'), 'content'));
    expect(readdirSync(folder)).toEqual(['file']);
    expect(readFileSync(join(folder, 'file', 'inside'), 'utf8')).toBe('kept');
  });

  it('throws in one line where the folder is a file', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), 'kept');
    expect((await errorOf(() => writeFileAtomic(join(folder, 'file', 'x'), 'content'))).message).toMatch(/ENOTDIR|EEXIST/);
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('kept');
  });

  it('leaves the old file where the disk is full', async ({ skip, task }) => {
    const folder = temporaryFolder();
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'ignore' });
    } catch {
      // Where .ci/summary.mjs reads it.
      Object.assign(task.meta, { skipped: 'no small file system can be mounted here: run as root to test a full disk' });
      skip('no small file system can be mounted here');
    }
    onTestFinished(() => void execFileSync('umount', [folder]));
    writeFileAtomic(join(folder, 'file'), 'old');
    const error = await errorOf(() => writeFileAtomic(join(folder, 'file'), new Uint8Array(200_000)));
    expect(error.message).toMatch(/^ENOSPC/);
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['file']);
  });
});

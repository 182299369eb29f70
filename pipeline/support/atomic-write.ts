/** Files appear whole or not at all: written beside, flushed to disk, then renamed. */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** A name beside `path` that no other process, on this host or another, has. */
export const temporaryName = (path: string): string => `${path}.tmp-${randomBytes(8).toString('hex')}`;

/** Checks for a name that `temporaryName` made: what an interrupted writer left. */
export const isTemporary = (path: string): boolean => /\.tmp-[0-9a-f]{16}$/.test(path);

/** @throws the file system's error (disk full, no permission), with the previous file untouched. */
export function writeFileAtomic(path: string, ...parts: (Uint8Array | string)[]): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = temporaryName(path);
  try {
    const file = openSync(temporary, 'w');
    try {
      for (const part of parts) {
        const bytes = typeof part === 'string' ? Buffer.from(part) : part;
        for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
      }
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

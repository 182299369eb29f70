/** Folders that appear whole or not at all: filled beside, then renamed. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryName } from './atomic-write.ts';

/**
 * Replaces whatever `folder` holds.
 * @param files contents by path relative to the folder, with forward slashes
 * @throws the file system's error, with the previous folder untouched
 */
export function writeFolderAtomic(folder: string, files: ReadonlyMap<string, Uint8Array | string>): void {
  const staging = temporaryName(folder);
  try {
    for (const [path, content] of files) {
      mkdirSync(dirname(join(staging, path)), { recursive: true });
      writeFileSync(join(staging, path), content, { flush: true });
    }
    rmSync(folder, { recursive: true, force: true });
    renameSync(staging, folder);
  } catch (error) {
    // Beneath a file there is nothing to remove, and removing it would say so in place of the reason.
    try {
      rmSync(staging, { recursive: true, force: true });
    } catch {
      // The reason is thrown below.
    }
    throw error;
  }
}

/** Reads and writes of a whole range of a file, where the system may take several turns. */
import { readSync, writeSync } from 'node:fs';

/** Fills `target` from `position` on. @returns the bytes that came: fewer where the file ends before */
export function readWhole(file: number, target: Uint8Array, position: number): number {
  let at = 0;
  while (at < target.length) {
    const bytes = readSync(file, target, at, target.length - at, position + at);
    if (bytes === 0) break;
    at += bytes;
  }
  return at;
}

export function writeWhole(file: number, bytes: Uint8Array, position: number): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at, bytes.length - at, position + at);
}

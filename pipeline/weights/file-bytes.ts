import { closeSync, fstatSync, openSync } from 'node:fs';
import { readWhole } from '../support/whole-io.ts';

/** A file read in parts, so that one of gigabytes needs only the memory of what is taken from it. */
export interface FileBytes {
  path: string;
  fd: number;
  size: number;
  /** @throws Error if the file ends before */
  read(start: number, bytes: number): Uint8Array;
}

/** Opens the file for as long as `use` runs. @throws Error in one line if it can't be read */
export async function withFile<T>(path: string, use: (file: FileBytes) => T | Promise<T>): Promise<T> {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    throw new Error(`cannot read the checkpoint ${path}: ${(error as Error).message}`, { cause: error });
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new Error(`cannot read the checkpoint ${path}: it is no file`);
    return await use({ path, fd, size: stat.size, read: (start, bytes) => readPart(fd, stat.size, start, bytes) });
  } finally {
    closeSync(fd);
  }
}

function readPart(fd: number, size: number, start: number, bytes: number): Uint8Array {
  if (!(start >= 0 && bytes >= 0 && start + bytes <= size))
    throw new Error(`it ends early: ${bytes} bytes expected at ${start} of ${size}`);
  const out = new Uint8Array(bytes);
  const came = readWhole(fd, out, start);
  if (came < bytes) throw new Error(`it ends early: ${bytes} bytes expected at ${start}, ${came} came`);
  return out;
}

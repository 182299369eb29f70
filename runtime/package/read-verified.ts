import { AppError } from '../errors/catalogue.ts';
import type { FileEntry } from './manifest.ts';
import { sha256Hex } from './sha256.ts';

/** Reads a file of a package; `path` is relative to the package. Handed in: `fs` in Node, `fetch` or a cache in a browser. */
export type ReadFile = (path: string) => Promise<Uint8Array>;

/**
 * Reads a file, whatever it holds.
 *
 * @throws AppError PACKAGE_FILE_MISSING naming the file and why
 */
export async function readPackageFile(readFile: ReadFile, path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof AppError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError('PACKAGE_FILE_MISSING', { file: path, reason }, { cause: error });
  }
}

/**
 * Reads a file and refuses it unless its size and its SHA-256 are the entry's.
 *
 * @throws AppError PACKAGE_FILE_MISSING, or PACKAGE_FILE_CORRUPT with what was expected and what came
 */
export async function readVerified(readFile: ReadFile, entry: FileEntry): Promise<Uint8Array> {
  const bytes = await readPackageFile(readFile, entry.path);
  if (bytes.byteLength !== entry.bytes) {
    throw new AppError('PACKAGE_FILE_CORRUPT', { file: entry.path, expected: `${entry.bytes} bytes`, got: `${bytes.byteLength} bytes` });
  }
  await verifySha256(entry.path, bytes, entry.sha256);
  return bytes;
}

/** @throws AppError PACKAGE_FILE_CORRUPT when the digest differs */
export async function verifySha256(file: string, bytes: Uint8Array, expectedSha256: string): Promise<void> {
  const sha256 = await sha256Hex(bytes);
  if (sha256 !== expectedSha256) {
    throw new AppError('PACKAGE_FILE_CORRUPT', { file, expected: `SHA-256 ${expectedSha256}`, got: `SHA-256 ${sha256}` });
  }
}

import type { FileEntry } from '@sld-edge/runtime';
import { fetchVerified, store } from './verified-fetch.ts';

/** Files that only make sense together, kept in a cache of their own whose name holds their version. */
export interface FileSet {
  cacheName: string;
  /** URL that the entries' paths are relative to; with a trailing slash. */
  baseUrl: string;
  files: FileEntry[];
}

export const urlOf = (set: FileSet, file: FileEntry): string => new URL(file.path, set.baseUrl).href;

/** @returns the files of the set that are not stored. */
export async function missingFiles(set: FileSet, stores: CacheStorage): Promise<FileEntry[]> {
  if (!(await stores.has(set.cacheName))) return set.files;
  const stored = new Set((await (await stores.open(set.cacheName)).keys()).map((request) => request.url));
  return set.files.filter((file) => !stored.has(urlOf(set, file)));
}

/**
 * Downloads what is missing of a set, one file after the other, each verified before it is stored.
 *
 * @param onBytes called with a file's size once it is stored
 * @throws KeepError; what was stored before stays, so that the next attempt goes on from there
 */
export async function completeSet(
  set: FileSet,
  stores: CacheStorage,
  request: typeof fetch,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const missing = await missingFiles(set, stores);
  if (missing.length === 0) return;
  const cache = await stores.open(set.cacheName);
  for (const file of missing) {
    const url = urlOf(set, file);
    await store(cache, url, await fetchVerified(url, file, request));
    onBytes(file.bytes);
  }
}

export const bytesOf = (files: FileEntry[]): number => files.reduce((sum, file) => sum + file.bytes, 0);

/** Deletes caches with the prefix, except the one in use and the one before it (an open page may still read it). */
export async function deleteOlder(prefix: string, currentName: string, stores: CacheStorage): Promise<void> {
  const older = (await stores.keys()).filter((name) => name.startsWith(prefix) && name !== currentName);
  for (const name of older.slice(0, -1)) await stores.delete(name);
}

import type { FileEntry } from '@sld-edge/runtime';
import type { FetchOptions } from '@sld-edge/runtime/transfer';
import { fetchVerified, readStored, store } from './verified-fetch.ts';

/** Files that only make sense together, kept in a cache of their own whose name holds their version. */
export interface FileSet {
  cacheName: string;
  /** URL that the entries' paths are relative to; with a trailing slash. */
  baseUrl: string;
  files: FileEntry[];
}

export const urlOf = (set: Pick<FileSet, 'baseUrl'>, file: FileEntry): string => new URL(file.path, set.baseUrl).href;

/** Reads every file of the set. @returns those that are not stored, or of which a byte was wrong: these are deleted */
export async function missingFiles(set: FileSet, stores: CacheStorage): Promise<FileEntry[]> {
  if (!(await stores.has(set.cacheName))) return set.files;
  const cache = await stores.open(set.cacheName);
  const missing: FileEntry[] = [];
  for (const file of set.files) if (!(await readStored(cache, urlOf(set, file), file))) missing.push(file);
  return missing;
}

/**
 * Downloads files of a set, one after the other, each verified before it is stored.
 *
 * @param missing what `missingFiles` gave
 * @param options its `onBytes` is called as the bytes come
 * @throws KeepError; what was stored before stays, so that the next attempt goes on from there
 */
export async function completeSet(set: FileSet, missing: FileEntry[], stores: CacheStorage, options: FetchOptions): Promise<void> {
  if (missing.length === 0) return;
  const cache = await stores.open(set.cacheName);
  for (const file of missing) {
    const url = urlOf(set, file);
    await store(cache, url, await fetchVerified(url, file, options));
  }
}

export const bytesOf = (files: FileEntry[]): number => files.reduce((sum, file) => sum + file.bytes, 0);

/** Deletes caches with the prefix, except the one in use and the one before it (an open page may still read it). */
export async function deleteOlder(prefix: string, currentName: string, stores: CacheStorage): Promise<void> {
  const older = (await stores.keys()).filter((name) => name.startsWith(prefix) && name !== currentName);
  for (const name of older.slice(0, -1)) await stores.delete(name);
}

import path from 'node:path';
import { readVerified } from '@sld-edge/runtime';
import { readFolder } from '@sld-edge/runtime/node';
import { LRUCache } from 'lru-cache';
import { storeFile, type StoredFile } from '../http/stored-file.ts';
import type { ServedFile } from './catalogue.ts';

/** Files of packages kept in memory, uncompressed; what is beyond is read and verified at each request. */
const MAX_CACHED_BYTES = 32 * 1024 ** 2;

/** @throws AppError PACKAGE_FILE_MISSING, PACKAGE_FILE_CORRUPT */
export type FileStore = (file: ServedFile) => Promise<StoredFile>;

/** Gives out the files of packages, each verified when it is read: a file that was changed since is never sent. */
export function createFileStore(modelsDir: string, maxCachedBytes = MAX_CACHED_BYTES): FileStore {
  const read = readFolder(modelsDir);
  const cache = new LRUCache<string, StoredFile, ServedFile>({
    maxSize: maxCachedBytes,
    // The cache takes no entry of size 0.
    sizeCalculation: ({ bytes }) => Math.max(1, bytes.byteLength),
    // Requests of one file at one time share one reading.
    fetchMethod: async (_path, _stale, { context }) =>
      storeFile(path.extname(context.path), await readVerified(read, context), context.sha256),
  });
  return (file) => cache.forceFetch(file.path, { context: file });
}

/** Opens the store that `--store` names. */
import { resolve } from 'node:path';
import { UsageError } from '../support/usage-error.ts';
import { openFolderStore } from './folder-store.ts';
import type { Store } from './store.ts';

/** Checks a place for a bucket, `s3://bucket/prefix`. */
export const isBucket = (place: string): boolean => place.startsWith('s3://');

/**
 * @param place a folder's path, or `s3://bucket/prefix`
 * @throws UsageError for a scheme that no store has; Error where the bucket's package is not installed
 */
export async function openStore(place: string): Promise<Store> {
  if (isBucket(place)) return (await import('./s3-store.ts')).openS3Store(place);
  if (/^[a-z0-9+.-]+:\/\//i.test(place)) throw new UsageError(`--store expects a folder or s3://bucket/prefix, got "${place}"`);
  return openFolderStore(resolve(place));
}

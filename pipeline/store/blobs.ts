/** Blobs of a store: objects named by the SHA-256 of their bytes, and held against it when they are read. */
import { sha256 } from '../support/sha256.ts';
import type { Store } from './store.ts';

const blobName = (digest: string): string => `blobs/${digest.slice(0, 2)}/${digest}`;

/** @returns SHA-256 of the bytes, which names the blob */
export async function putBlob(store: Store, bytes: Uint8Array): Promise<string> {
  const digest = sha256(bytes);
  await store.putIfAbsent(blobName(digest), bytes);
  return digest;
}

/** @throws Error in one line where there is no such blob, or its bytes are others */
export async function getBlob(store: Store, digest: string): Promise<Uint8Array> {
  const bytes = await store.get(blobName(digest));
  if (!bytes) throw new Error(`${store.place} has no ${blobName(digest)}`);
  const found = sha256(bytes);
  if (found !== digest)
    throw new Error(
      `${blobName(digest)} in ${store.place} was damaged: its bytes have the SHA-256 ${found}; remove it, and put it there again`,
    );
  return bytes;
}

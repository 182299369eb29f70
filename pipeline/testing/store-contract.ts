/** Contract of a store, as tests. */
import { expect, it } from 'vitest';
import { getBlob, putBlob } from '../store/blobs.ts';
import type { Store } from '../store/store.ts';
import { sha256 } from '../support/sha256.ts';
import { errorOf } from './error-of.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array | undefined): string | undefined => bytes && new TextDecoder().decode(bytes);

/** @param open a store that is empty but for what the tests before put there; two that were opened share one place */
export function itHoldsTheContract(open: () => Promise<Store>): void {
  it('has no object that nobody put', async () => {
    const store = await open();
    expect(await store.get('a/nothing')).toBeUndefined();
    expect(await store.list('a/')).toEqual([]);
  });

  it('gives back what was put, by whom ever, and the later one of two', async () => {
    const [one, other] = [await open(), await open()];
    await one.put('put/x', bytesOf('first'));
    expect(textOf(await other.get('put/x'))).toBe('first');
    await other.put('put/x', bytesOf('second'));
    expect(textOf(await one.get('put/x'))).toBe('second');
    await one.put('put/empty', new Uint8Array());
    expect(await other.get('put/empty')).toHaveLength(0);
  });

  it('takes one of many that are put under one name if absent, whole', async () => {
    const stores = await Promise.all(Array.from({ length: 8 }, open));
    const texts = stores.map((_, i) => String(i).repeat(100_000));
    const made = await Promise.all(stores.map((store, i) => store.putIfAbsent('race/x', bytesOf(texts[i]))));
    expect(made.filter(Boolean)).toHaveLength(1);
    expect(textOf(await stores[0].get('race/x'))).toBe(texts[made.indexOf(true)]);
    expect(await stores[0].putIfAbsent('race/x', bytesOf('late'))).toBe(false);
    expect(textOf(await stores[0].get('race/x'))).toBe(texts[made.indexOf(true)]);
  });

  it('lists the names that begin so, sorted, and nothing else', async () => {
    const store = await open();
    for (const name of ['list/b/2', 'list/a', 'list/b/1', 'listed']) await store.put(name, bytesOf(name));
    expect(await store.list('list/')).toEqual(['list/a', 'list/b/1', 'list/b/2']);
    expect(await store.list('list/b/')).toEqual(['list/b/1', 'list/b/2']);
    expect(await store.list('list')).toEqual(['list/a', 'list/b/1', 'list/b/2', 'listed']);
  });

  it.each(['', '../x', 'a/../b', '/x', 'a//b', 'a b', './x'])('refuses the name "%s"', async (name) => {
    const store = await open();
    expect((await errorOf(() => store.put(name, bytesOf('x')))).message).toContain(`a store has no object "${name}"`);
  });

  it('names blobs by their content, and refuses damaged ones', async () => {
    const store = await open();
    const digest = await putBlob(store, bytesOf('a blob'));
    expect(digest).toBe(sha256('a blob'));
    expect(await putBlob(store, bytesOf('a blob'))).toBe(digest);
    expect(textOf(await getBlob(store, digest))).toBe('a blob');
    await store.put(`blobs/${digest.slice(0, 2)}/${digest}`, bytesOf('a blot'));
    expect((await errorOf(() => getBlob(store, digest))).message).toMatch(
      / was damaged: its bytes have the SHA-256 [0-9a-f]{64}; remove it/,
    );
    expect((await errorOf(() => getBlob(store, sha256('none')))).message).toMatch(/ has no blobs\//);
  });
}

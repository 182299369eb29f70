/** The Cache API in memory, for the tests of what the service worker does with it. */
export function memoryStores(): CacheStorage {
  const caches = new Map<string, Cache>();
  const stores = {
    has: async (name: string) => caches.has(name),
    keys: async () => [...caches.keys()],
    delete: async (name: string) => caches.delete(name),
    open: async (name: string) => {
      if (!caches.has(name)) caches.set(name, memoryCache());
      return caches.get(name)!;
    },
  };
  return stores as unknown as CacheStorage;
}

function memoryCache(): Cache {
  const entries = new Map<string, Response>();
  const urlOf = (request: RequestInfo): string => (typeof request === 'string' ? request : request.url);
  const cache = {
    put: async (request: RequestInfo, response: Response) => void entries.set(urlOf(request), response),
    match: async (request: RequestInfo) => entries.get(urlOf(request))?.clone(),
    delete: async (request: RequestInfo) => entries.delete(urlOf(request)),
    keys: async () => [...entries.keys()].map((url) => new Request(url)),
  };
  return cache as unknown as Cache;
}

/** Changes a byte of a stored file, or removes it. */
export async function damage(stores: CacheStorage, url: string, how: 'flip' | 'remove'): Promise<void> {
  for (const name of await stores.keys()) {
    const cache = await stores.open(name);
    const stored = await cache.match(url);
    if (!stored) continue;
    if (how === 'remove') await cache.delete(url);
    else {
      const bytes = new Uint8Array(await stored.arrayBuffer());
      bytes[bytes.length >> 1] ^= 1;
      await cache.put(url, new Response(bytes, { headers: stored.headers }));
    }
  }
}

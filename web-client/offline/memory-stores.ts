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
    match: async (request: RequestInfo) => {
      for (const cache of caches.values()) {
        const found = await cache.match(request);
        if (found) return found;
      }
      return undefined;
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
    keys: async () => [...entries.keys()].map((url) => new Request(url)),
  };
  return cache as unknown as Cache;
}

/** Keeps the page, the library and the pictures that it was asked for; the model is kept by the library itself. */
const CACHE = 'my-page-1';

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('fetch', (event) => {
  const { request } = event;
  // What the library asks for past all caches, and the documents whose newest it wants, are its own affair. Documents and scripts of a page that is reloaded come past them too.
  const isOfTheLibrary = request.destination === '' && request.cache !== 'default';
  if (request.method !== 'GET' || isOfTheLibrary || /\/(index|manifest)\.json$/.test(new URL(request.url).pathname)) return;
  event.respondWith(
    (async () => {
      const cache = await caches.open(CACHE);
      const kept = await cache.match(request);
      if (kept) return kept;
      const response = await fetch(request);
      if (response.ok) await cache.put(request, response.clone());
      return response;
    })(),
  );
});

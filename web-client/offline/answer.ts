import { installedIndex } from './model-set.ts';

/** A network that neither answers nor fails must not keep the page waiting for longer. */
const INDEX_TIMEOUT_MS = 3000;

export interface Place {
  /** The service worker's scope, with a trailing slash. */
  scopeUrl: string;
  /** The cache of the app's files in use. */
  appCache: string;
  stores: CacheStorage;
  request: typeof fetch;
}

/**
 * Decides how a request is answered.
 *
 * - The page and its files: from the set that is installed; an open page of the version before still
 *   finds its own files, whose names hold their hash.
 * - `models/index.json`: from the network, so that a new package arrives at once; from the device
 *   where the network has no usable answer.
 * - A package's files: from the device, then from the network. Their path holds the version.
 *
 * @returns null for a request that is none of ours, which the browser then handles as ever
 */
export function answer(request: Request, place: Place): Promise<Response> | null {
  if (request.method !== 'GET' || !request.url.startsWith(place.scopeUrl)) return null;
  const url = new URL(request.url);
  const path = url.href.slice(place.scopeUrl.length).replace(/[?#].*$/, '');
  if (path === '' || path === 'index.html') return fromApp(place.scopeUrl, request, place);
  if (path === 'models/index.json') {
    return url.search === '?installed' ? fromInstalledIndex(place) : fromNewestIndex(request, place);
  }
  if (path.startsWith('models/')) return fromAnyCache(request, place);
  if (request.mode === 'navigate') return null;
  return fromApp(request.url, request, place);
}

async function fromApp(url: string, request: Request, place: Place): Promise<Response> {
  const current = await place.stores.open(place.appCache);
  return (await current.match(url)) ?? fromAnyCache(request, place);
}

async function fromAnyCache(request: Request, { stores, request: network }: Place): Promise<Response> {
  return (await stores.match(request)) ?? network(request);
}

async function fromInstalledIndex({ scopeUrl, stores }: Place): Promise<Response> {
  return (await installedIndex(new URL('models/', scopeUrl).href, stores)) ?? new Response(null, { status: 404 });
}

async function fromNewestIndex(request: Request, place: Place): Promise<Response> {
  const fallback = async (): Promise<Response | null> => {
    const installed = await fromInstalledIndex(place);
    return installed.ok ? installed : null;
  };
  try {
    const response = await place.request(request, { signal: AbortSignal.timeout(INDEX_TIMEOUT_MS) });
    const usable = response.ok && !/^text\/html/i.test(response.headers.get('content-type') ?? '');
    return usable ? response : ((await fallback()) ?? response);
  } catch (error) {
    const installed = await fallback();
    if (installed) return installed;
    throw error;
  }
}

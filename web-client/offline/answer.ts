import type { FileEntry } from '@sld-edge/runtime';
import { fetchWhole, isWebPage } from '@sld-edge/runtime/transfer';
import { APP_PARTS } from './app-parts.ts';
import { urlOf, type FileSet } from './file-set.ts';
import { INSTALLED_INDEX } from './messages.ts';
import { installedIndex, type ModelPlace } from './model-set.ts';
import { fetchVerified, KeepError, readStored, store } from './verified-fetch.ts';

/** A network that neither answers nor fails must not keep the page waiting for longer. */
const INDEX_TIMEOUT_MS = 3000;

export interface Place extends ModelPlace {
  /** The service worker's scope, with a trailing slash. */
  scopeUrl: string;
  /** The app's build in use, with every file that belongs to it. */
  app: FileSet;
}

const network = (request: Request, { transfer: { request: ask = fetch } }: Place): Promise<Response> => ask(request);

/**
 * Decides how a request is answered.
 *
 * - The page and its files: from the set that is installed, each compared with its SHA-256. What is damaged or gone comes from the
 *   network again. An open page of the version before still finds its own files, whose names hold their hash.
 * - `models/index.json`: from the network, so that a new package arrives at once; from the device
 *   where the network has no usable answer.
 * - A package's files: from the device, then from the network. Their path holds the version. The page compares them with their
 *   SHA-256, and asks for a damaged one with `cache: 'reload'`.
 *
 * @returns null for a request that is none of ours, which the browser then handles as ever
 */
export function answer(request: Request, place: Place): Promise<Response> | null {
  if (request.method !== 'GET' || !request.url.startsWith(place.scopeUrl)) return null;
  const url = new URL(request.url);
  const path = url.href.slice(place.scopeUrl.length).replace(/[?#].*$/, '');
  if (path === '' || path === 'index.html') return fromApp(place.scopeUrl, request, place);
  if (url.href === new URL(INSTALLED_INDEX, place.modelsUrl).href) return fromInstalledIndex(place);
  if (path === 'models/index.json') return fromNewestIndex(request, place);
  if (path.startsWith('models/')) return request.cache === 'reload' ? network(request, place) : fromOwnCaches(request, place);
  if (request.mode === 'navigate') return null;
  return fromApp(request.url, request, place);
}

async function fromApp(url: string, request: Request, place: Place): Promise<Response> {
  const entry = place.app.files.find((file) => urlOf(place.app, file) === url);
  // A file of another build; or no file, which the server says.
  if (!entry) return fromOwnCaches(request, place);
  // A browser that refuses its caches has its network still.
  const cache = await place.stores.open(place.app.cacheName).catch(() => undefined);
  const stored = cache && (await readStored(cache, url, entry).catch(() => undefined));
  return stored ?? fetchedAgain(url, entry, cache, request, place);
}

async function fetchedAgain(url: string, entry: FileEntry, cache: Cache | undefined, request: Request, place: Place): Promise<Response> {
  try {
    const fresh = await fetchVerified(url, entry, place.transfer);
    // What only some devices use is kept when a page says that it is used.
    if (!isPart(entry.path)) await (cache && store(cache, url, fresh.clone()).catch(() => undefined));
    return fresh;
  } catch (error) {
    // The server has another build by now: its page brings its own files.
    if (error instanceof KeepError && error.failure === 'refused') return network(request, place);
    if (url === place.scopeUrl) return damagedPage();
    throw error;
  }
}

const isPart = (path: string): boolean => Object.values(APP_PARTS).some((folder) => path.startsWith(folder));

/** The page itself is damaged or gone, and so is the network: nothing else would say so. */
function damagedPage(): Response {
  const body = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Not whole on this device</title>
<h1>This page is not whole on this device</h1>
<p>A file of it was damaged or removed, and the network does not answer. Connect to the network, then reload the page: it mends itself.</p></html>`;
  return new Response(body, { status: 503, headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' } });
}

async function fromOwnCaches(request: Request, place: Place): Promise<Response> {
  const { stores, names } = place;
  const own = (await stores.keys().catch(() => [])).filter((name) => name.startsWith(names.prefix));
  for (const name of own) {
    const found = await (await stores.open(name)).match(request).catch(() => undefined);
    if (found) return found;
  }
  return network(request, place);
}

/** That nothing is installed is an answer, too: a browser writes every 404 to the console as an error. */
async function fromInstalledIndex(place: Place): Promise<Response> {
  return (await installedIndex(place).catch(() => undefined)) ?? new Response(null, { status: 204 });
}

async function fromNewestIndex(request: Request, place: Place): Promise<Response> {
  const fallback = (): Promise<Response | undefined> => installedIndex(place).catch(() => undefined);
  try {
    const stallMs = Math.min(INDEX_TIMEOUT_MS, place.transfer.stallMs ?? INDEX_TIMEOUT_MS);
    const { response, bytes } = await fetchWhole(request.url, { cache: 'no-cache' }, { ...place.transfer, stallMs });
    const fresh = new Response(bytes, { status: response.status, headers: { 'content-type': response.headers.get('content-type') ?? '' } });
    const usable = response.ok && !isWebPage(response);
    return usable ? fresh : ((await fallback()) ?? fresh);
  } catch (error) {
    const installed = await fallback();
    if (installed) return installed;
    throw error;
  }
}

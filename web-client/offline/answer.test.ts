import { createHash } from 'node:crypto';
import type { FileEntry } from '@sld-edge/runtime';
import { expect, it } from 'vitest';
import { answer, type Place } from './answer.ts';
import { memoryStores } from './memory-stores.ts';
import { storeIndex } from './model-set.ts';
import { scopedNames } from './scoped-names.ts';

const SCOPE = 'https://h/app/';

const names = scopedNames(SCOPE);
const entryOf = (path: string, content: string): FileEntry => ({
  path,
  bytes: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
});

async function placeWith(network: typeof fetch): Promise<Place> {
  const stores = memoryStores();
  const old = await stores.open(names.app('1'));
  await old.put(`${SCOPE}`, new Response('old page'));
  await old.put(`${SCOPE}assets/lazy-1.js`, new Response('old chunk'));
  const current = await stores.open(names.app('2'));
  await current.put(`${SCOPE}`, new Response('page'));
  await current.put(`${SCOPE}assets/a.js`, new Response('damaged'));
  const app = {
    cacheName: names.app('2'),
    baseUrl: SCOPE,
    files: [entryOf('./', 'page'), entryOf('assets/a.js', 'script'), entryOf('assets/tfjs-webgpu/b.js', 'script')],
  };
  const place: Place = { scopeUrl: SCOPE, modelsUrl: `${SCOPE}models/`, names, app, stores, transfer: { request: network, stallMs: 50 } };
  await storeIndex({ formatVersion: 1, default: 'installed', packages: [] }, place);
  // Another deployment of the origin has the same file under its own name.
  await (await stores.open(scopedNames('https://h/other/').app('2'))).put(`${SCOPE}assets/stray.js`, new Response('of the other'));
  return place;
}

const INSTALLED = '{"formatVersion":1,"default":"installed","packages":[]}';
const down: typeof fetch = async () => Promise.reject(new TypeError('down'));
const online: typeof fetch = async () => new Response('from the network');
const textOf = async (path: string, network: typeof fetch): Promise<string> =>
  (await answer(new Request(SCOPE + path), await placeWith(network))!).text();

it.each(['', '?model=m', 'index.html', 'index.html#x'])('answers the page "%s" from the current set', async (path) => {
  expect(await textOf(path, down)).toBe('page');
});

it('still finds the files of a page of the version before', async () => {
  expect(await textOf('assets/lazy-1.js', down)).toBe('old chunk');
});

it('takes the index of models from the network, from the device where there is none', async () => {
  expect(await textOf('models/index.json', online)).toBe('from the network');
  expect(await textOf('models/index.json', down)).toBe(INSTALLED);
  expect(await textOf('models/index.json?installed', online)).toBe(INSTALLED);
});

it('answers that nothing is installed without an error', async () => {
  const place = await placeWith(down);
  await (await place.stores.open(names.installed)).delete(`${SCOPE}models/index.json`);
  const response = await answer(new Request(`${SCOPE}models/index.json?installed`), place)!;
  expect([response.status, await response.text()]).toEqual([204, '']);
  await expect(answer(new Request(`${SCOPE}models/index.json`), place)).rejects.toThrow('down');
});

it('takes a web page or an error for no index', async () => {
  const page: typeof fetch = async () => new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } });
  expect(await textOf('models/index.json', page)).toBe(INSTALLED);
  const failing: typeof fetch = async () => new Response(null, { status: 502 });
  expect(await textOf('models/index.json', failing)).toBe(INSTALLED);
});

it('leaves alone what is none of its business', async () => {
  const place = await placeWith(down);
  expect(answer(new Request('https://elsewhere/app/'), place)).toBeNull();
  expect(answer(new Request(`${SCOPE}classify`, { method: 'POST' }), place)).toBeNull();
});

it('gives no file with a wrong byte: it is fetched again and stored, and where there is no network the request fails', async () => {
  const place = await placeWith(async () => new Response('script'));
  const stored = async (): Promise<string | undefined> =>
    (await (await place.stores.open(names.app('2'))).match(`${SCOPE}assets/a.js`))?.text();
  expect(await (await answer(new Request(`${SCOPE}assets/a.js`), place)!).text()).toBe('script');
  expect(await stored()).toBe('script');
  await expect(answer(new Request(`${SCOPE}assets/a.js`), await placeWith(down))).rejects.toThrow('could not be downloaded');
});

it('stores nothing that was only tried: a page says what it uses', async () => {
  const place = await placeWith(async () => new Response('script'));
  const url = `${SCOPE}assets/tfjs-webgpu/b.js`;
  expect(await (await answer(new Request(url), place)!).text()).toBe('script');
  expect(await (await place.stores.open(names.app('2'))).match(url)).toBeUndefined();
});

it('says in a page of its own that the page is gone from the device while there is no network', async () => {
  const place = await placeWith(down);
  await (await place.stores.open(names.app('2'))).delete(SCOPE);
  const page = await answer(new Request(SCOPE), place)!;
  expect(page.status).toBe(503);
  expect(await page.text()).toContain('Connect to the network, then reload the page: it mends itself.');
});

it('gives the page of a newer build where its own is damaged', async () => {
  const place = await placeWith(async () => new Response('newer page'));
  await (await place.stores.open(names.app('2'))).put(SCOPE, new Response('pagf'));
  expect(await (await answer(new Request(SCOPE), place)!).text()).toBe('newer page');
});

it('gives nothing of another deployment of the origin', async () => {
  expect(await textOf('assets/stray.js', online)).toBe('from the network');
});

it('asks the network for a package’s file that the page found damaged', async () => {
  const place = await placeWith(online);
  const url = `${SCOPE}models/m/1/weights.bin`;
  await (await place.stores.open(names.model('m', '1'))).put(url, new Response('stored'));
  expect(await (await answer(new Request(url), place)!).text()).toBe('stored');
  expect(await (await answer(new Request(url, { cache: 'reload' }), place)!).text()).toBe('from the network');
});

it('answers from the network where the browser refuses its caches', async () => {
  const refuse = () => Promise.reject(new DOMException('The operation is insecure', 'SecurityError'));
  const place = {
    ...(await placeWith(async () => new Response('page'))),
    stores: { open: refuse, keys: refuse } as unknown as CacheStorage,
  };
  for (const path of ['', 'models/m/1/a.bin', 'models/index.json', 'assets/other.js'])
    expect(await (await answer(new Request(SCOPE + path), place)!).text()).toBe('page');
});

import { expect, it } from 'vitest';
import { answer, type Place } from './answer.ts';
import { memoryStores } from './memory-stores.ts';

const SCOPE = 'https://h/app/';

async function placeWith(network: typeof fetch): Promise<Place> {
  const stores = memoryStores();
  const old = await stores.open('sld-edge-app:1');
  await old.put(`${SCOPE}`, new Response('old page'));
  await old.put(`${SCOPE}assets/lazy-1.js`, new Response('old chunk'));
  const current = await stores.open('sld-edge-app:2');
  await current.put(`${SCOPE}`, new Response('page'));
  const installed = await stores.open('sld-edge-installed');
  await installed.put(`${SCOPE}models/index.json`, new Response('installed index'));
  return { scopeUrl: SCOPE, appCache: 'sld-edge-app:2', stores, request: network };
}

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
  expect(await textOf('models/index.json', down)).toBe('installed index');
  expect(await textOf('models/index.json?installed', online)).toBe('installed index');
});

it('takes a web page or an error for no index', async () => {
  const page: typeof fetch = async () => new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } });
  expect(await textOf('models/index.json', page)).toBe('installed index');
  const failing: typeof fetch = async () => new Response(null, { status: 502 });
  expect(await textOf('models/index.json', failing)).toBe('installed index');
});

it('leaves alone what is none of its business', async () => {
  const place = await placeWith(down);
  expect(answer(new Request('https://elsewhere/app/'), place)).toBeNull();
  expect(answer(new Request(`${SCOPE}classify`, { method: 'POST' }), place)).toBeNull();
});

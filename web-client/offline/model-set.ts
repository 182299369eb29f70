import type { Manifest, ModelIndex, VariantName } from '@sld-edge/runtime';
import { deleteOlder, type FileSet } from './file-set.ts';
import { fetchVerified, KeepError, store } from './verified-fetch.ts';

/** Holds the index of the packages that are wholly on the device, under the address of the server's index. */
const INDEX_CACHE = 'sld-edge-installed';
const cachePrefix = (name: string): string => `sld-edge-model:${name}@`;

type Packages = ModelIndex['packages'];

/** @returns the index of what is on the device, or undefined where nothing is. */
export async function installedIndex(modelsUrl: string, stores: CacheStorage): Promise<Response | undefined> {
  return (await stores.open(INDEX_CACHE)).match(new URL('index.json', modelsUrl).href);
}

/**
 * The files of one version of a package that the page needs: the default variant and the one in use,
 * the goldens of these and the samples. Its manifest is fetched and stored as part of the answer.
 *
 * @param modelsUrl the folder of `index.json`, with a trailing slash
 * @throws KeepError where neither the server's index nor the device's names that version
 */
export async function describeModel(
  modelsUrl: string,
  wanted: { model: string; version: string; variant: VariantName },
  stores: CacheStorage,
  request: typeof fetch,
): Promise<{ set: FileSet; entry: Packages[number]; variants: VariantName[] }> {
  const named = ({ name, version }: Packages[number]): boolean => name === wanted.model && version === wanted.version;
  const installed = await readInstalled(modelsUrl, stores);
  const entry = installed?.packages.find(named) ?? (await fetchIndex(modelsUrl, request)).packages.find(named);
  if (!entry) throw new KeepError('refused', `the server no longer has ${wanted.model}@${wanted.version}`);

  const cacheName = `${cachePrefix(wanted.model)}${wanted.version}`;
  const manifestUrl = new URL(entry.manifest.path, modelsUrl).href;
  const cache = await stores.open(cacheName);
  let response = await cache.match(manifestUrl);
  if (!response) {
    response = await fetchVerified(manifestUrl, entry.manifest, request);
    await store(cache, manifestUrl, response.clone());
  }
  const manifest = (await response.json()) as Manifest;
  const names = [...new Set([manifest.defaultVariant, wanted.variant])];
  const variants = names.flatMap((name) => manifest.variants[name] ?? []);
  const files = [
    { ...entry.manifest, path: 'manifest.json' },
    ...variants.flatMap(({ model, shards }) => [model, ...shards]),
    manifest.goldens.index,
    manifest.goldens.pixels,
    ...names.flatMap((name) => manifest.goldens.logits?.[name] ?? []),
    ...manifest.samples.map(({ file }) => file),
  ];
  return { set: { cacheName, baseUrl: new URL('./', manifestUrl).href, files }, entry, variants: names };
}

/**
 * Makes a package, all of whose files are stored, the one that answers without a network. This is the
 * one step that replaces the version before: until here that one answers.
 *
 * @param isDefault the package answers, too, when none is asked for; the first one does in any case
 */
export async function installModel(modelsUrl: string, entry: Packages[number], isDefault: boolean, stores: CacheStorage): Promise<void> {
  const before = await readInstalled(modelsUrl, stores);
  const others = before?.packages.filter(({ name }) => name !== entry.name) ?? [];
  const index: ModelIndex = { formatVersion: 1, default: isDefault || !before ? entry.name : before.default, packages: [...others, entry] };
  const response = new Response(JSON.stringify(index), { headers: { 'content-type': 'application/json' } });
  await store(await stores.open(INDEX_CACHE), new URL('index.json', modelsUrl).href, response);
  await deleteOlder(cachePrefix(entry.name), `${cachePrefix(entry.name)}${entry.version}`, stores);
}

async function readInstalled(modelsUrl: string, stores: CacheStorage): Promise<ModelIndex | undefined> {
  return (await installedIndex(modelsUrl, stores))?.json();
}

async function fetchIndex(modelsUrl: string, request: typeof fetch): Promise<ModelIndex> {
  try {
    const response = await request(new URL('index.json', modelsUrl).href, { cache: 'no-cache' });
    return (await response.json()) as ModelIndex;
  } catch {
    throw new KeepError('unreachable', 'the list of models could not be downloaded');
  }
}

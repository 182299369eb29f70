import type { Manifest, ModelIndex, VariantName } from '@sld-edge/runtime';
import { neededFiles, sha256Hex } from '@sld-edge/runtime/format';
import { fetchWhole, isWebPage, type FetchOptions } from '@sld-edge/runtime/transfer';
import { deleteOlder, type FileSet } from './file-set.ts';
import type { ScopedNames } from './scoped-names.ts';
import { fetchVerified, KeepError, readStored, store } from './verified-fetch.ts';

type Packages = ModelIndex['packages'];

/** Places where packages are kept, and where they come from. */
export interface ModelPlace {
  /** The folder of `index.json`, with a trailing slash. */
  modelsUrl: string;
  names: ScopedNames;
  stores: CacheStorage;
  transfer: FetchOptions;
}

/** Header of the stored index with the SHA-256 of its bytes: nothing else names it. */
const DIGEST_HEADER = 'x-sld-edge-sha256';

/** @returns the index of what is wholly on the device, under the address of the server's; undefined if there is none or it was damaged. */
export async function installedIndex({ modelsUrl, names, stores }: ModelPlace): Promise<Response | undefined> {
  const cache = await stores.open(names.installed);
  const url = indexUrl(modelsUrl);
  const stored = await cache.match(url);
  if (!stored) return undefined;
  const bytes = new Uint8Array(await stored.clone().arrayBuffer());
  if ((await sha256Hex(bytes)) === stored.headers.get(DIGEST_HEADER)) return stored;
  await cache.delete(url);
  return undefined;
}

/**
 * The files of one version of a package that the page needs: the default variant and the one in use,
 * the goldens of these and the samples. Its manifest is fetched and stored as part of the answer.
 *
 * @throws KeepError where neither the server's index nor the device's names that version
 */
export async function describeModel(
  wanted: { model: string; version: string; variant: VariantName },
  place: ModelPlace,
): Promise<{ set: FileSet; entry: Packages[number]; variants: VariantName[] }> {
  const { modelsUrl, names, stores, transfer } = place;
  const named = ({ name, version }: Packages[number]): boolean => name === wanted.model && version === wanted.version;
  const installed = await readInstalled(place);
  const entry = installed?.packages.find(named) ?? (await fetchIndex(modelsUrl, transfer)).packages.find(named);
  if (!entry) throw new KeepError('refused', `the server no longer has ${wanted.model}@${wanted.version}`);

  const cacheName = names.model(wanted.model, wanted.version);
  const manifestUrl = new URL(entry.manifest.path, modelsUrl).href;
  const cache = await stores.open(cacheName);
  let response = await readStored(cache, manifestUrl, entry.manifest);
  if (!response) {
    response = await fetchVerified(manifestUrl, entry.manifest, transfer);
    await store(cache, manifestUrl, response.clone());
  }
  const manifest = (await response.json()) as Manifest;
  const variants = [...new Set([manifest.defaultVariant, wanted.variant])];
  const files = [
    { ...entry.manifest, path: 'manifest.json' },
    ...neededFiles(manifest, variants),
    ...manifest.samples.map(({ file }) => file),
  ];
  return { set: { cacheName, baseUrl: new URL('./', manifestUrl).href, files }, entry, variants };
}

/**
 * Makes a package, all of whose files are stored, the one that answers without a network. This is the
 * one step that replaces the version before: until here that one answers.
 *
 * @param isDefault the package answers, too, when none is asked for; the first one does in any case
 */
export async function installModel(entry: Packages[number], isDefault: boolean, place: ModelPlace): Promise<void> {
  const { names, stores } = place;
  const before = await readInstalled(place);
  const others = before?.packages.filter(({ name }) => name !== entry.name) ?? [];
  const index: ModelIndex = { formatVersion: 1, default: isDefault || !before ? entry.name : before.default, packages: [...others, entry] };
  await storeIndex(index, place);
  await deleteOlder(names.modelPrefix(entry.name), names.model(entry.name, entry.version), stores);
}

/** Removes every version of a model. First it ceases to answer: half a package never does. */
export async function removeModel(model: string, place: ModelPlace): Promise<void> {
  const { names, stores, modelsUrl } = place;
  const before = await readInstalled(place);
  const packages = before?.packages.filter(({ name }) => name !== model) ?? [];
  if (packages.length === 0) await (await stores.open(names.installed)).delete(indexUrl(modelsUrl));
  else await storeIndex({ ...before!, default: before!.default === model ? packages[0].name : before!.default, packages }, place);
  for (const name of await stores.keys()) if (name.startsWith(names.modelPrefix(model))) await stores.delete(name);
}

export async function storeIndex(index: ModelIndex, { modelsUrl, names, stores }: ModelPlace): Promise<void> {
  const bytes = new TextEncoder().encode(JSON.stringify(index));
  const headers = { 'content-type': 'application/json', [DIGEST_HEADER]: await sha256Hex(bytes) };
  await store(await stores.open(names.installed), indexUrl(modelsUrl), new Response(bytes, { headers }));
}

/** @returns the version of a model that is wholly on the device; undefined if none is */
export async function installedVersion(model: string, place: ModelPlace): Promise<string | undefined> {
  return (await readInstalled(place))?.packages.find(({ name }) => name === model)?.version;
}

const indexUrl = (modelsUrl: string): string => new URL('index.json', modelsUrl).href;

async function readInstalled(place: ModelPlace): Promise<ModelIndex | undefined> {
  return (await installedIndex(place))?.json();
}

async function fetchIndex(modelsUrl: string, transfer: FetchOptions): Promise<ModelIndex> {
  try {
    const { response, bytes } = await fetchWhole(indexUrl(modelsUrl), { cache: 'no-cache' }, transfer);
    if (!response.ok || isWebPage(response)) throw new Error(`the server answered ${response.status}`);
    return JSON.parse(new TextDecoder().decode(bytes)) as ModelIndex;
  } catch {
    throw new KeepError('unreachable', 'the list of models could not be downloaded');
  }
}

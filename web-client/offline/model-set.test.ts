import { createHash } from 'node:crypto';
import type { FileEntry } from '@sld-edge/runtime';
import { createFixturePackage, fixtureIndex } from '@sld-edge/runtime/testing';
import { describe, expect, it } from 'vitest';
import { completeSet, missingFiles } from './file-set.ts';
import { memoryStores } from './memory-stores.ts';
import { describeModel, installedIndex, installModel, type ModelPlace } from './model-set.ts';
import { scopedNames } from './scoped-names.ts';

const MODELS = 'https://h/models/';

/** A host with a package of each version given; `files` maps addresses to contents. */
function hostWith(...versions: string[]): { files: Map<string, string>; asked: string[]; request: typeof fetch } {
  const files = new Map<string, string>();
  const entryOf = (path: string, content: string): FileEntry => ({
    path,
    bytes: content.length,
    sha256: createHash('sha256').update(content).digest('hex'),
  });
  const packages = versions.map((version) => {
    const put = (path: string): FileEntry => {
      const content = `${path} of ${version}`;
      files.set(`${MODELS}m/${version}/${path}`, content);
      return entryOf(path, content);
    };
    const variant = (name: string) => ({ model: put(`${name}/model.json`), shards: [put(`${name}/shard-1`), put(`${name}/shard-2`)] });
    const manifest = JSON.stringify({
      defaultVariant: 'uint8',
      variants: { uint8: variant('uint8'), float32: variant('float32') },
      goldens: {
        index: put('goldens/index.json'),
        pixels: put('goldens/pixels'),
        logits: { uint8: put('goldens/uint8'), float32: put('goldens/float32') },
      },
      samples: [{ file: put('samples/0.png'), label: 'cat' }],
    });
    files.set(`${MODELS}m/${version}/manifest.json`, manifest);
    return { name: 'm', version, title: 'M', quick: false, manifest: entryOf(`m/${version}/manifest.json`, manifest) };
  });
  files.set(`${MODELS}index.json`, JSON.stringify({ formatVersion: 1, default: 'm', packages }));
  const asked: string[] = [];
  const request: typeof fetch = async (input) => {
    asked.push(String(input));
    const content = files.get(String(input));
    return content === undefined ? new Response(null, { status: 404 }) : new Response(content);
  };
  return { files, asked, request };
}

const wanted = (version: string) => ({ model: 'm', version, variant: 'uint8' as const });

const names = scopedNames('https://h/');
const placeOf = (stores: CacheStorage, request: typeof fetch = fetch): ModelPlace => ({
  modelsUrl: MODELS,
  names,
  stores,
  transfer: { request },
});

async function keep(version: string, stores: CacheStorage, request: typeof fetch): Promise<void> {
  const place = placeOf(stores, request);
  const { set, entry } = await describeModel(wanted(version), place);
  await completeSet(set, await missingFiles(set, stores), stores, place.transfer);
  await installModel(entry, true, place);
}

const installedVersions = async (stores: CacheStorage): Promise<string[]> =>
  ((await (await installedIndex(placeOf(stores)))?.json()) as { packages: { version: string }[] } | undefined)?.packages.map(
    (p) => p.version,
  ) ?? [];

describe('a package on the device', () => {
  it('holds the manifest, the default variant, its goldens and the samples, and then names itself', async () => {
    const stores = memoryStores();
    await keep('v1', stores, hostWith('v1').request);
    const cache = await stores.open(names.model('m', 'v1'));
    const paths = (await cache.keys()).map(({ url }) => url.slice(`${MODELS}m/v1/`.length)).sort();
    expect(paths).toEqual([
      'goldens/index.json',
      'goldens/pixels',
      'goldens/uint8',
      'manifest.json',
      'samples/0.png',
      'uint8/model.json',
      'uint8/shard-1',
      'uint8/shard-2',
    ]);
    expect(await installedVersions(stores)).toEqual(['v1']);
  });

  it('holds the variant in use beside the default one', async () => {
    const stores = memoryStores();
    const { request } = hostWith('v1');
    const { set } = await describeModel({ ...wanted('v1'), variant: 'float32' }, placeOf(stores, request));
    expect(set.files.map(({ path }) => path)).toContain('float32/shard-2');
    expect(set.files.map(({ path }) => path)).toContain('uint8/shard-2');
    expect(set.files.map(({ path }) => path)).toContain('goldens/float32');
  });

  it('holds of a package with integers no other variant’s weights and goldens', async () => {
    const pkg = await createFixturePackage({ everyKind: true, changeManifest: (manifest) => (manifest.defaultVariant = 'integer') });
    const request: typeof fetch = async (input) => {
      const path = String(input).slice(MODELS.length);
      if (path === 'index.json') return Response.json(fixtureIndex([pkg]));
      return new Response(pkg.files.get(path.slice(`${pkg.name}/${pkg.version}/`.length)) as Uint8Array<ArrayBuffer>);
    };
    const { set } = await describeModel({ model: pkg.name, version: pkg.version, variant: 'integer' }, placeOf(memoryStores(), request));
    expect(set.files.map(({ path }) => path)).toEqual([
      'manifest.json',
      'integer/program.json',
      'integer/weights-1of2.bin',
      'integer/weights-2of2.bin',
      'goldens/goldens.json',
      'goldens/pixels.bin',
      'goldens/logits-integer.bin',
      'samples/00-circle.png',
    ]);
  });

  it('needs no network once it is there', async () => {
    const stores = memoryStores();
    await keep('v1', stores, hostWith('v1').request);
    const down: typeof fetch = async () => Promise.reject(new TypeError('down'));
    await keep('v1', stores, down);
    expect(await installedVersions(stores)).toEqual(['v1']);
  });

  it('stays the version before when the download of the next one breaks off at any file', async () => {
    const files = 9; // index, manifest, model, two shards, golden index, golden pixels, golden logits, sample
    for (let cutAfter = 0; cutAfter < files; cutAfter++) {
      const stores = memoryStores();
      const host = hostWith('v1', 'v2');
      await keep('v1', stores, host.request);
      let answered = 0;
      const breaking: typeof fetch = async (input) => {
        if (answered++ >= cutAfter) throw new TypeError('cut off');
        return host.request(input);
      };
      await expect(keep('v2', stores, breaking)).rejects.toMatchObject({ failure: 'unreachable' });
      expect(await installedVersions(stores)).toEqual(['v1']);
      const { set } = await describeModel(wanted('v1'), placeOf(stores, breaking));
      expect(await missingFiles(set, stores)).toEqual([]);

      await keep('v2', stores, host.request);
      expect(await installedVersions(stores)).toEqual(['v2']);
    }
  });

  it.each([
    ['a flipped byte', () => new Response('uint8/shard-2 of v0')],
    ['a web page', () => new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } })],
    ['an error', () => new Response(null, { status: 500 })],
  ])('refuses %s and stores nothing of it', async (_what, reply) => {
    const stores = memoryStores();
    const host = hostWith('v1');
    const tampered: typeof fetch = async (input) => (String(input).endsWith('uint8/shard-2') ? reply() : host.request(input));
    const attempt = keep('v1', stores, tampered);
    await expect(attempt).rejects.toMatchObject({ failure: 'refused' });
    await expect(attempt).rejects.toThrow('uint8/shard-2');
    expect(await (await stores.open(names.model('m', 'v1'))).match(`${MODELS}m/v1/uint8/shard-2`)).toBeUndefined();
    expect(await installedVersions(stores)).toEqual([]);
  });

  it('asks past an HTTP cache that holds another version of a file', async () => {
    const stores = memoryStores();
    const host = hostWith('v1');
    const stale: typeof fetch = async (input, init) =>
      init?.cache === 'default' && String(input).endsWith('shard-1') ? new Response('old') : host.request(input);
    await keep('v1', stores, stale);
    expect(await installedVersions(stores)).toEqual(['v1']);
  });

  it('downloads again what was evicted, and nothing else', async () => {
    const stores = memoryStores();
    const host = hostWith('v1');
    await keep('v1', stores, host.request);
    await stores.delete(names.model('m', 'v1'));
    host.asked.length = 0;
    await keep('v1', stores, host.request);
    expect(host.asked).not.toContain(`${MODELS}index.json`);
    expect(host.asked).toHaveLength(8);
  });

  it('keeps the version before the current one and deletes older ones', async () => {
    const stores = memoryStores();
    const { request } = hostWith('v1', 'v2', 'v3');
    for (const version of ['v1', 'v2', 'v3']) await keep(version, stores, request);
    expect((await stores.keys()).filter((name) => name.startsWith(names.modelPrefix('m')))).toEqual([
      names.model('m', 'v2'),
      names.model('m', 'v3'),
    ]);
  });

  it('names as the default what answers when nothing is asked for', async () => {
    const stores = memoryStores();
    const entryOf = (name: string) => ({
      name,
      version: 'v1',
      title: name,
      quick: false,
      manifest: { path: `${name}/v1/manifest.json`, bytes: 1, sha256: '0' },
    });
    const defaultName = async (): Promise<string> =>
      ((await (await installedIndex(placeOf(stores)))!.json()) as { default: string }).default;
    await installModel(entryOf('asked-for'), false, placeOf(stores));
    expect(await defaultName()).toBe('asked-for');
    await installModel(entryOf('usual'), true, placeOf(stores));
    expect(await defaultName()).toBe('usual');
    await installModel(entryOf('asked-for'), false, placeOf(stores));
    expect(await defaultName()).toBe('usual');
    const index = (await (await installedIndex(placeOf(stores)))!.json()) as { packages: { name: string }[] };
    expect(index.packages.map(({ name }) => name)).toEqual(['usual', 'asked-for']);
  });

  it('says that there is no room', async () => {
    const stores = memoryStores();
    const full = {
      ...stores,
      open: async (name: string) => ({
        ...(await stores.open(name)),
        put: async () => {
          throw new DOMException('full', 'QuotaExceededError');
        },
      }),
    } as CacheStorage;
    await expect(keep('v1', full, hostWith('v1').request)).rejects.toMatchObject({ failure: 'quota' });
  });
});

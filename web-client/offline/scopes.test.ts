/** Several deployments on one origin: what each keeps, deletes, announces and takes over. */
import { describe, expect, it } from 'vitest';
import { adoptUnscoped } from './adopt-unscoped.ts';
import type { Place } from './answer.ts';
import { memoryStores } from './memory-stores.ts';
import type { Activated, OfflineState } from './messages.ts';
import { installedVersion, storeIndex } from './model-set.ts';
import { hear } from './registration.ts';
import { scopedNames } from './scoped-names.ts';

it('names nothing as another folder does, nor so that it begins like it', () => {
  const folders = ['/', '/a/', '/a/b/', '/a%3Aapp%3A/', '/ab/'].map((path) => scopedNames(`https://h${path}`));
  const every = folders.map(({ app, model, installed, channel, stored, prefix }) => ({
    prefix,
    names: [app('1'), model('m', '1'), installed, channel, stored('k')],
  }));
  for (const one of every)
    for (const other of every) for (const name of other.names) expect(name.startsWith(one.prefix)).toBe(one === other);
});

function placeIn(folder: string, stores: CacheStorage): Place {
  const scopeUrl = `https://h${folder}`;
  const names = scopedNames(scopeUrl);
  const app = { cacheName: names.app('2'), baseUrl: scopeUrl, files: [] };
  return { scopeUrl, modelsUrl: `${scopeUrl}models/`, names, app, stores, transfer: {} };
}

describe('caches of versions that named no folder', () => {
  const index = (version: string) => ({ formatVersion: 1, default: 'm', packages: [{ name: 'm', version }] });
  async function oldStores(): Promise<CacheStorage> {
    const stores = memoryStores();
    const put = async (name: string, url: string, content: string) =>
      (await stores.open(name)).put(`https://h${url}`, new Response(content));
    await put('sld-edge-app:1', '/app1/', 'page 1');
    await put('sld-edge-app:1', '/app2/', 'page 2');
    await put('sld-edge-model:m@v', '/app1/models/m/v/a.bin', 'weights');
    await put('sld-edge-installed', '/app1/models/index.json', JSON.stringify(index('v')));
    await put('sld-edge-installed', '/app2/models/index.json', JSON.stringify(index('w')));
    await put('somebody else', '/app1/', 'theirs');
    return stores;
  }
  const contents = async (stores: CacheStorage): Promise<string[]> => {
    const lines: string[] = [];
    for (const name of await stores.keys())
      for (const { url } of await (await stores.open(name)).keys()) lines.push(`${name} ${url.slice('https://h'.length)}`);
    return lines.sort();
  };

  it('are taken over file by file, what is another deployment’s stays, and the last one deletes them', async () => {
    const stores = await oldStores();
    const [one, two] = [placeIn('/app1/', stores), placeIn('/app2/', stores)];
    await adoptUnscoped(one);
    expect(await contents(stores)).toEqual([
      'sld-edge-app:1 /app2/',
      'sld-edge-installed /app2/models/index.json',
      'sld-edge:%2Fapp1%2F:app:1 /app1/',
      'sld-edge:%2Fapp1%2F:installed /app1/models/index.json',
      'sld-edge:%2Fapp1%2F:model:m@v /app1/models/m/v/a.bin',
      'somebody else /app1/',
    ]);
    expect(await installedVersion('m', one)).toBe('v');
    await adoptUnscoped(two);
    expect((await stores.keys()).filter((name) => /^sld-edge-/.test(name))).toEqual([]);
    expect(await installedVersion('m', two)).toBe('w');
  });

  it('of a deployment below the folder are left to it', async () => {
    const stores = await oldStores();
    await adoptUnscoped(placeIn('/', stores));
    expect(await contents(stores)).toEqual(await contents(await oldStores()));
  });

  it('do not replace what is installed since', async () => {
    const stores = await oldStores();
    const place = placeIn('/app1/', stores);
    await storeIndex({ ...index('newer'), packages: [{ name: 'm', version: 'newer' } as never] }, place);
    await adoptUnscoped(place);
    expect(await installedVersion('m', place)).toBe('newer');
  });
});

describe('a page among several tabs', () => {
  const kept = { model: 'm', version: '1' };
  function heardOf(message: OfflineState | Activated): string[] {
    const heard: string[] = [];
    hear(message, kept, 'build', {
      onState: ({ phase }) => heard.push(phase),
      onNewBuild: () => heard.push('new build'),
      onNewModel: () => heard.push('new model'),
    });
    return heard;
  }
  const progress = { phase: 'downloading', doneBytes: 1, totalBytes: 2 } as const;
  const ready = { phase: 'ready', files: 1, bytes: 2 } as const;

  it.each<[what: string, message: OfflineState | Activated, heard: string[]]>([
    ['its own download', { ...progress, app: 'build', ...kept }, ['downloading']],
    ['its build being stored', { ...progress, app: 'build' }, ['downloading']],
    ['another build being stored', { ...progress, app: 'next' }, []],
    ['another version’s download', { ...progress, app: 'build', model: 'm', version: '2' }, []],
    ['another version kept by another tab', { ...ready, app: 'build', model: 'm', version: '2' }, ['new model']],
    ['another model kept by another tab', { ...ready, app: 'build', model: 'n', version: '1' }, []],
    ['its own package kept', { ...ready, app: 'build', ...kept }, ['ready']],
    ['the same by another build', { ...ready, app: 'next', ...kept }, ['new build', 'ready']],
    ['another build that took over', { phase: 'activated', app: 'next' }, ['new build']],
    ['its own build that took over', { phase: 'activated', app: 'build' }, []],
    ['a failure of another tab', { phase: 'failed', app: 'build', model: 'm', version: '2', cause: 'refused', reason: 'r' }, []],
  ])('at %s', (_what, message, heard) => {
    expect(heardOf(message)).toEqual(heard);
  });
});

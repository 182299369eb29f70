import type { ModelIndex } from '@sld-edge/runtime';
import { installedIndex, storeIndex } from './model-set.ts';
import type { Place } from './answer.ts';

/** Names of before they held the deployment's folder, and what they are called now. */
const UNSCOPED: [prefix: string, scoped: string][] = [
  ['sld-edge-app:', 'app:'],
  ['sld-edge-model:', 'model:'],
];
const UNSCOPED_INSTALLED = 'sld-edge-installed';

/** First parts of the addresses that a deployment has: below its folder may lie another deployment. */
const OWN = /^(index\.html|assets\/.*|icons\/.*|models\/.*|manifest\.webmanifest)?$/;

/**
 * Takes over what earlier versions kept under names without a folder. Other deployments of the origin may have kept theirs under the same
 * names: only files of this one are moved, and a cache is deleted once nobody has anything in it.
 */
export async function adoptUnscoped(place: Place): Promise<void> {
  const { stores, names } = place;
  for (const name of await stores.keys()) {
    const [prefix, scoped] = UNSCOPED.find(([prefix]) => name.startsWith(prefix)) ?? [];
    if (prefix === undefined && name !== UNSCOPED_INSTALLED) continue;
    const before = await stores.open(name);
    for (const request of await before.keys()) {
      if (!isOwn(request.url, place.scopeUrl)) continue;
      const response = await before.match(request);
      await before.delete(request);
      // Without room for a copy the file is downloaded again when it is wanted.
      if (response) await keepCopy(request, response).catch(() => undefined);
    }
    if ((await before.keys()).length === 0) await stores.delete(name);

    async function keepCopy(request: Request, response: Response): Promise<void> {
      if (prefix !== undefined) await (await stores.open(`${names.prefix}${scoped}${name.slice(prefix.length)}`)).put(request, response);
      else if (!(await installedIndex(place))) await storeIndex((await response.json()) as ModelIndex, place);
    }
  }
}

const isOwn = (url: string, scopeUrl: string): boolean => url.startsWith(scopeUrl) && OWN.test(url.slice(scopeUrl.length));

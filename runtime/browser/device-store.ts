import type { KeptFiles } from '../transfer/keeping.ts';
import type { StartOptions } from './protocol.ts';

/** Opens the part of the origin's cache storage that is one model's alone; the browser may refuse it, at any call. */
export function deviceStore({ address, model, variant }: Pick<StartOptions, 'address' | 'model' | 'variant'>): KeptFiles {
  const name = ['sld-edge-library', address, model ?? '', variant ?? ''].join(' ');
  const open = async (): Promise<Cache> => caches.open(name);
  return {
    async get(address) {
      const response = await (await open()).match(address);
      return response && new Uint8Array(await response.arrayBuffer());
    },
    put: async (address, bytes) => (await open()).put(address, new Response(bytes)),
    async retain(addresses) {
      const cache = await open();
      for (const request of await cache.keys()) if (!addresses.has(request.url)) await cache.delete(request);
    },
  };
}

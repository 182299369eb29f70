import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { TENSORFLOW_VERSION } from './wheels.ts';

/** N-API version that the binding is compiled for; every Node that we support offers it. */
export const NAPI_VERSION = 8;

/**
 * Folder in which engines and datasets are cached: `$SLD_EDGE_CACHE`, else `$XDG_CACHE_HOME/sld-edge`, else `~/.cache/sld-edge`.
 * Absolute; need not exist.
 */
export function defaultCacheDir(env: NodeJS.ProcessEnv = process.env): string {
  if (env.SLD_EDGE_CACHE) return resolve(env.SLD_EDGE_CACHE);
  if (env.XDG_CACHE_HOME) return resolve(env.XDG_CACHE_HOME, 'sld-edge');
  return join(homedir(), '.cache', 'sld-edge');
}

/** Version of the installed `@tensorflow/tfjs-node-gpu`, whose binding is built. */
export function tfjsNodeVersion(): string {
  const require = createRequire(import.meta.url);
  return (require('@tensorflow/tfjs-node-gpu/package.json') as { version: string }).version;
}

/** Everything the built engine depends on, as a folder name: another version of any part is another folder. */
export function engineKey(device: 'cpu' | 'cuda', localWheelId = ''): string {
  const parts = ['tensorflow', TENSORFLOW_VERSION, process.platform, process.arch, device, `tfjs${tfjsNodeVersion()}`, `napi${NAPI_VERSION}`];
  return [...parts, ...(localWheelId ? [`local${localWheelId}`] : [])].join('-');
}

import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * Folder in which engines and data sets are cached: `$SLD_EDGE_CACHE`, else `$XDG_CACHE_HOME/sld-edge`, else `~/.cache/sld-edge`.
 * Absolute; need not exist.
 */
export function defaultCacheDir(env: NodeJS.ProcessEnv = process.env): string {
  if (env.SLD_EDGE_CACHE) return resolve(env.SLD_EDGE_CACHE);
  if (env.XDG_CACHE_HOME) return resolve(env.XDG_CACHE_HOME, 'sld-edge');
  return join(homedir(), '.cache', 'sld-edge');
}

import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { defaultCacheDir } from './cache-dir.ts';

it.each([
  [{ SLD_EDGE_CACHE: '/c', XDG_CACHE_HOME: '/x' }, '/c'],
  [{ SLD_EDGE_CACHE: 'c' }, resolve('c')],
  [{ XDG_CACHE_HOME: '/x' }, '/x/sld-edge'],
  [{ SLD_EDGE_CACHE: '', XDG_CACHE_HOME: '' }, `${homedir()}/.cache/sld-edge`],
  [{}, `${homedir()}/.cache/sld-edge`],
])('the cache folder under %j is %s', (env, expected) => {
  expect(defaultCacheDir(env)).toBe(expected);
});

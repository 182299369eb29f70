import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Version of the functions that the binding (`binding.cc`) has. */
export const JPEG_BINDING_INTERFACE = 3;

/**
 * Path of the built binding, which `sld-edge provision` writes and servers read: in `$SLD_EDGE_CACHE`, else in `sld-edge` in
 * `$XDG_CACHE_HOME`, else in `~/.cache`, as everything that is provisioned.
 */
export function jpegBindingPath(env: NodeJS.ProcessEnv = process.env): string {
  const cache = env.SLD_EDGE_CACHE
    ? resolve(env.SLD_EDGE_CACHE)
    : env.XDG_CACHE_HOME
      ? resolve(env.XDG_CACHE_HOME, 'sld-edge')
      : join(homedir(), '.cache', 'sld-edge');
  return join(cache, 'jpeg', `${JPEG_BINDING_INTERFACE}-${process.platform}-${process.arch}`, 'sld_edge_jpeg.node');
}

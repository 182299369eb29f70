/**
 * Names of what a deployment keeps on a device. Caches, channels and local storage belong to an origin, which several deployments may
 * share (`/app1/`, `/app2/`): each name holds the folder of its own.
 */
export interface ScopedNames {
  /** Beginning of the names of the caches of the app's versions. */
  appPrefix: string;
  app(version: string): string;
  /** Beginning of the names of the caches of a package's versions. */
  modelPrefix(name: string): string;
  model(name: string, version: string): string;
  /** Cache of the index of the packages that are wholly on the device. */
  installed: string;
  /** Every cache of this deployment begins with it. */
  prefix: string;
  /** Channel on which the service worker tells the pages. */
  channel: string;
  /** Key of local storage. */
  stored(key: string): string;
}

/** @param scopeUrl the folder of the page, with a trailing slash: what its service worker controls */
export function scopedNames(scopeUrl: string): ScopedNames {
  // Encoded, so that no folder's name can end another's: neither "/" nor ":" is left in it.
  const prefix = `sld-edge:${encodeURIComponent(new URL(scopeUrl).pathname)}:`;
  const appPrefix = `${prefix}app:`;
  const modelPrefix = (name: string): string => `${prefix}model:${name}@`;
  return {
    prefix,
    appPrefix,
    app: (version) => appPrefix + version,
    modelPrefix,
    model: (name, version) => modelPrefix(name) + version,
    installed: `${prefix}installed`,
    channel: `${prefix}offline`,
    stored: (key) => prefix + key,
  };
}

/** Folder that the page was opened in, with a trailing slash. */
export const pageFolder = (): string => new URL('./', document.baseURI).href;

import type { VariantName } from '@sld-edge/runtime';
import type { ImageSession } from './image-classifiers.ts';

/** Variants that are loaded, up to a number of bytes: those that were asked for longest ago make room. */
export interface LoadedSessions {
  /**
   * Loads a variant, unless it is. One that can't be loaded is tried again when it is asked for again.
   *
   * @param news told of one that was not loaded before
   */
  open(model: string, version: string, variant: VariantName, news?: (session: ImageSession) => void): Promise<ImageSession>;
  all(): ImageSession[];
}

interface Loaded {
  session: ImageSession;
  bytes: number;
}

/**
 * @param maxBytes one that is larger alone is loaded all the same, and alone
 * @param onClosed told of each that made room
 */
export function createLoadedSessions(
  load: (model: string, version: string, variant: VariantName) => Promise<Loaded>,
  maxBytes: number,
  onClosed: (session: Pick<ImageSession, 'model' | 'version' | 'variant'>) => void,
): LoadedSessions {
  /** By last use, the oldest first. */
  const loaded = new Map<string, Loaded>();
  const loading = new Map<string, Promise<Loaded>>();
  const makeRoom = (): void => {
    let bytes = [...loaded.values()].reduce((sum, entry) => sum + entry.bytes, 0);
    for (const [key, entry] of [...loaded].slice(0, -1)) {
      if (bytes <= maxBytes) return;
      bytes -= entry.bytes;
      loaded.delete(key);
      const { model, version, variant } = entry.session;
      entry.session.dispose();
      onClosed({ model, version, variant });
    }
  };
  const begin = (key: string, ...named: Parameters<typeof load>): Promise<Loaded> => {
    const started = load(...named).finally(() => loading.delete(key));
    loading.set(key, started);
    return started;
  };
  return {
    async open(model, version, variant, news) {
      const key = `${model}@${version} ${variant}`;
      const before = loaded.get(key);
      const entry = before ?? (await (loading.get(key) ?? begin(key, model, version, variant)));
      if (!before && !loaded.has(key)) news?.(entry.session);
      loaded.delete(key);
      loaded.set(key, entry);
      makeRoom();
      return entry.session;
    },
    all: () => [...loaded.values()].map(({ session }) => session),
  };
}

/** A store: named objects that many machines share, in a folder or in a bucket. Each is written whole or not at all. */

export interface Store {
  /** Place of it, as `--store` names it on any machine. */
  place: string;
  /** @returns `undefined` where there is no such object */
  get(name: string): Promise<Uint8Array | undefined>;
  /** Writes the object, in place of one that is there. */
  put(name: string, bytes: Uint8Array): Promise<void>;
  /** Writes the object if there is none of that name; of several that try at one time, one is told `true`. */
  putIfAbsent(name: string, bytes: Uint8Array): Promise<boolean>;
  /** @returns names that begin with `prefix`, sorted */
  list(prefix: string): Promise<string[]>;
}

/** @throws Error for a name that could lead out of a store: allowed are letters, digits, `.`, `_` and `-`, with `/` between parts */
export function assertName(name: string): void {
  const parts = name.split('/');
  if (parts.some((part) => !/^[\w.-]+$/.test(part) || /^\.+$/.test(part)))
    throw new Error(`a store has no object "${name}": expected letters, digits, ".", "_" and "-" with "/" between`);
}

import type { DistrustedAdapter } from '@sld-edge/runtime';

/** Remembers, on this device, which GPU adapter answered wrongly with which package. */

/** Key that every deployment of an origin shared. */
const UNSCOPED_KEY = 'sld-edge-distrusted-adapters';
const MOST = 20;

/** Local storage; the browser may refuse to give it, by throwing. */
export type GetStorage = () => Storage;

const ofBrowser: GetStorage = () => localStorage;

/** @param key of this deployment */
export function readDistrusted(key: string, storage = ofBrowser): DistrustedAdapter[] {
  try {
    storage().removeItem(UNSCOPED_KEY);
    const parsed: unknown = JSON.parse(storage().getItem(key) ?? '[]');
    return Array.isArray(parsed) ? (parsed as DistrustedAdapter[]) : [];
  } catch {
    // Storage is refused or holds something else: nothing is known, and the goldens still guard.
    return [];
  }
}

export function rememberDistrusted(entry: DistrustedAdapter, key: string, storage = ofBrowser): void {
  const others = readDistrusted(key, storage).filter((known) => known.adapter !== entry.adapter || known.model !== entry.model);
  try {
    storage().setItem(key, JSON.stringify([...others, entry].slice(-MOST)));
  } catch {
    // Without storage the adapter is tried, and measured, again at the next visit.
  }
}

import type { DistrustedAdapter } from '../inference/protocol.ts';

/** Remembers, on this device, which GPU adapter answered wrongly with which package. */

const KEY = 'sld-edge-distrusted-adapters';
const MOST = 20;

export function readDistrusted(storage: Storage = localStorage): DistrustedAdapter[] {
  try {
    const parsed: unknown = JSON.parse(storage.getItem(KEY) ?? '[]');
    return Array.isArray(parsed) ? (parsed as DistrustedAdapter[]) : [];
  } catch {
    // Storage is refused or holds something else: nothing is known, and the goldens still guard.
    return [];
  }
}

export function rememberDistrusted(entry: DistrustedAdapter, storage: Storage = localStorage): void {
  const others = readDistrusted(storage).filter((known) => known.adapter !== entry.adapter || known.model !== entry.model);
  try {
    storage.setItem(KEY, JSON.stringify([...others, entry].slice(-MOST)));
  } catch {
    // Without storage the adapter is tried, and measured, again at the next visit.
  }
}

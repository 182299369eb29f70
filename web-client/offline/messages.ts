import type { BackendName, VariantName } from '@sld-edge/runtime';

/** Messages between the page and the service worker. */

/** The page asks that it, and the package that answers in it, work without a network from now on. */
export interface KeepRequest {
  type: 'keep';
  model: string;
  version: string;
  variant: VariantName;
  /** The one that answers. */
  backend: BackendName;
  /** It is what the page shows when no model is asked for. */
  isDefault: boolean;
}

/** Broadcast by the service worker to every open page. */
export type OfflineState =
  | { phase: 'downloading'; doneBytes: number; totalBytes: number }
  /** Every byte was verified when it was stored, and every file is there now. */
  | { phase: 'ready'; app: string; model: string; version: string; files: number; bytes: number }
  | { phase: 'failed'; cause: FailureCause; reason: string };

/** Broadcast too: this build of the app has taken over; pages of another build are out of date. */
export interface Activated {
  phase: 'activated';
  app: string;
}

/**
 * `quota`: no room; `refused`: a file was not what it must be; `unreachable`: the server did not answer; `unforeseen`: the browser
 * failed at something else.
 */
export type FailureCause = 'quota' | 'refused' | 'unreachable' | 'unforeseen';

export const OFFLINE_CHANNEL = 'sld-edge-offline';

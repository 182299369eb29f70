import type { BackendName, VariantName } from '@sld-edge/runtime';

/** Messages between the page and the service worker. */

/** Asked for in the folder of the packages: the service worker answers with the index of what is wholly on the device. */
export const INSTALLED_INDEX = 'index.json?installed';

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

/** The page asks that what is being stored just now be given up: somebody stopped it. */
export interface StopRequest {
  type: 'stop';
}

/** The page asks that a model be removed from the device. The answer comes through a port: the reason why it was not, or null. */
export interface ForgetRequest {
  type: 'forget';
  model: string;
}

/** Subject of a message: a build of the app, and a package with it; without one, the app alone. */
interface Subject {
  app: string;
  model?: string;
  version?: string;
}

/** Broadcast by the service worker to every open page. */
export type OfflineState = Subject &
  (
    | { phase: 'downloading'; doneBytes: number; totalBytes: number }
    /** Every byte of every file was compared with its SHA-256 just now. */
    | { phase: 'ready'; model: string; version: string; files: number; bytes: number }
    | {
        phase: 'failed';
        cause: FailureCause;
        reason: string;
        /** Version of the same model that is whole on the device and answers without a network. */
        earlier?: string;
      }
  );

/** Broadcast too: this build of the app has taken over; pages of another build are out of date. */
export interface Activated {
  phase: 'activated';
  app: string;
}

/**
 * `quota`: no room; `refused`: a file was not what it must be; `unreachable`: the server did not answer; `stopped`: somebody stopped it;
 * `unforeseen`: the browser failed at something else.
 */
export type FailureCause = 'quota' | 'refused' | 'unreachable' | 'stopped' | 'unforeseen';

import { STALL_MS, StalledError } from '@sld-edge/runtime/transfer';
import { INSTALLED_INDEX, type Activated, type KeepRequest, type OfflineState, type StopRequest } from './messages.ts';
import { scopedNames } from './scoped-names.ts';

/** Offline state that the page shows: the service worker's, or the reason why there is none. */
export type OfflineView =
  OfflineState | { phase: 'starting' } | { phase: 'refused'; reason: string } | { phase: 'unsupported'; reason: string };

/** Reactions of a page to news of its service worker. */
export interface OfflineListener {
  onState(state: OfflineView): void;
  /** Another build has taken over: this page is out of date. */
  onNewBuild(): void;
  /** Another tab keeps a newer package of the model that answers here. */
  onNewModel(): void;
}

type Kept = Pick<KeepRequest, 'model' | 'version'>;

/**
 * Decides what a message means for a page. Every open page of the deployment hears every message: another tab may keep another package,
 * and another build may be on its way.
 *
 * @param kept the package that answers in this page
 * @param build the build that this page is of
 */
export function hear(message: OfflineState | Activated, kept: Kept, build: string, listener: OfflineListener): void {
  if (message.phase === 'activated' || message.phase === 'ready') if (message.app !== build) listener.onNewBuild();
  if (message.phase === 'activated') return;
  const isOwn = message.model === undefined ? message.app === build : message.model === kept.model && message.version === kept.version;
  if (isOwn) listener.onState(message);
  else if (message.phase === 'ready' && message.model === kept.model) listener.onNewModel();
}

export type KeepOffline = (wanted: Omit<KeepRequest, 'type'>) => Promise<void>;

/**
 * Makes what registers the service worker, and asks it to keep the page and the package that answers in it: only one that has passed its
 * goldens here is ever installed.
 *
 * @param build the build that this page is of
 * @param scopeUrl the page's folder, with a trailing slash
 */
export function offlineKeeper(build: string, scopeUrl: string, listener: OfflineListener): KeepOffline {
  let kept: Kept | undefined;
  const listen = (): void => {
    if (kept) return;
    const channel = new BroadcastChannel(scopedNames(scopeUrl).channel);
    channel.addEventListener('message', ({ data }: MessageEvent<OfflineState | Activated>) => hear(data, kept!, build, listener));
  };
  return async (wanted) => {
    try {
      // Reading it throws in a frame that is sandboxed.
      const container = navigator.serviceWorker as ServiceWorkerContainer | undefined;
      if (!container) {
        const reason = window.isSecureContext ? 'this browser has no service workers' : 'the page did not come over HTTPS';
        return listener.onState({ phase: 'unsupported', reason });
      }
      listener.onState({ phase: 'starting' });
      listen();
      kept = wanted;
      const registration = await withinTime(container.register(new URL('sw.js', scopeUrl), { updateViaCache: 'none' }));
      const active = await activeOf(registration);
      active?.postMessage({ type: 'keep', ...wanted } satisfies KeepRequest);
    } catch (error) {
      listener.onState({ phase: 'refused', reason: `this browser refuses to keep the page (${String(error)})` });
    }
  };
}

/** The script of a service worker may hang as any file may; the browser tells nothing of it. */
function withinTime(registering: Promise<ServiceWorkerRegistration>): Promise<ServiceWorkerRegistration> {
  return new Promise((resolve, reject) => {
    registering.then(resolve, reject);
    setTimeout(() => reject(new StalledError(STALL_MS)), STALL_MS);
  });
}

/**
 * The worker that answers for this folder; `ready` of the container may be that of a folder above.
 * @returns undefined if it could not be installed, the reason of which it has told by itself
 */
function activeOf(registration: ServiceWorkerRegistration): Promise<ServiceWorker | undefined> {
  const coming = registration.installing ?? registration.waiting;
  return new Promise((resolve) => {
    if (registration.active || !coming) return resolve(registration.active ?? undefined);
    coming.addEventListener('statechange', () => {
      if (registration.active ?? coming.state === 'redundant') resolve(registration.active ?? undefined);
    });
  });
}

/** Name of the index of what is wholly on the device; undefined if no service worker answers it. */
export function earlierIndex(): string | undefined {
  try {
    return navigator.serviceWorker?.controller ? INSTALLED_INDEX : undefined;
  } catch {
    // Reading it throws in a frame that is sandboxed.
    return undefined;
  }
}

/** Ends what is being stored just now, also while the service worker itself is being installed. */
export async function stopKeeping(scopeUrl: string): Promise<void> {
  const registration = await navigator.serviceWorker.getRegistration(scopeUrl);
  for (const worker of [registration?.installing, registration?.active]) worker?.postMessage({ type: 'stop' } satisfies StopRequest);
}

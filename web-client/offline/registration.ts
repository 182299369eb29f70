import { OFFLINE_CHANNEL, type Activated, type KeepRequest, type OfflineState } from './messages.ts';

/** Offline state that the page shows: the service worker's, or the reason why there is none. */
export type OfflineView = OfflineState | { phase: 'starting' } | { phase: 'unsupported'; reason: string };

/**
 * Registers the service worker and asks it to keep the page and the package that answers in it.
 *
 * @param wanted the package that answered: only one that has passed its goldens here is ever installed
 * @param build the build that this page is of
 * @param onState told every change
 * @param onUpdate told when another build has taken over: this page is out of date
 */
export async function keepOffline(
  wanted: Omit<KeepRequest, 'type'>,
  build: string,
  onState: (state: OfflineView) => void,
  onUpdate: () => void,
): Promise<void> {
  const container = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  if (!container) {
    const reason = window.isSecureContext ? 'this browser has no service workers' : 'the page did not come over HTTPS';
    return onState({ phase: 'unsupported', reason });
  }
  onState({ phase: 'starting' });
  new BroadcastChannel(OFFLINE_CHANNEL).addEventListener('message', (event: MessageEvent<OfflineState | Activated>) => {
    const state = event.data;
    if ('app' in state && state.app !== build) onUpdate();
    if (state.phase === 'activated') return;
    // Another tab may keep another package; its news is not ours.
    const foreign = state.phase === 'ready' && (state.model !== wanted.model || state.version !== wanted.version);
    if (!foreign) onState(state);
  });
  try {
    await container.register('./sw.js', { updateViaCache: 'none' });
    const { active } = await container.ready;
    active?.postMessage({ type: 'keep', ...wanted } satisfies KeepRequest);
  } catch (error) {
    onState({ phase: 'unsupported', reason: `this browser refused to keep the page (${String(error)})` });
  }
}

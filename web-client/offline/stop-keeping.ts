import type { StopRequest } from './messages.ts';

/** Ends what is being stored just now, also while the service worker itself is being installed. */
export async function stopKeeping(scopeUrl: string): Promise<void> {
  const registration = await navigator.serviceWorker.getRegistration(scopeUrl);
  for (const worker of [registration?.installing, registration?.active]) worker?.postMessage({ type: 'stop' } satisfies StopRequest);
}

import type { OfflineView } from '../offline/registration.ts';
import { byId } from './element.ts';
import { formatBytes } from './format.ts';

type Tone = 'idle' | 'busy' | 'good' | 'bad';

const FROM_MEMORY = 'the page works from memory until it is closed';

/** @returns what the badge says, and the longer line for the details panel. */
export function offlineWords(view: OfflineView): { tone: Tone; short: string; long: string } {
  switch (view.phase) {
    case 'starting':
      return { tone: 'busy', short: 'Saving for offline use…', long: 'asking this browser to keep the page' };
    case 'downloading': {
      const percent = Math.floor((100 * view.doneBytes) / view.totalBytes);
      const long = `${formatBytes(view.doneBytes)} of ${formatBytes(view.totalBytes)} verified and stored`;
      return { tone: 'busy', short: `Saving for offline use: ${percent} %`, long };
    }
    case 'ready':
      return {
        tone: 'good',
        short: 'Ready offline',
        long: `${view.files} files, ${formatBytes(view.bytes)}, each verified and on this device (${view.model}@${view.version})`,
      };
    case 'unsupported':
      return { tone: 'idle', short: 'Online only', long: view.reason };
    case 'refused':
      return { tone: 'idle', short: 'Works from memory', long: `${view.reason}; ${FROM_MEMORY}` };
    case 'failed': {
      if (view.earlier !== undefined && view.earlier !== view.version)
        return {
          tone: 'bad',
          short: 'Earlier model saved offline',
          long: `${view.reason}; without a network the earlier model ${view.model}@${view.earlier} answers, which is whole on this device`,
        };
      const short = view.cause === 'quota' ? 'No room to save offline' : 'Not saved for offline use';
      return { tone: 'bad', short, long: `${view.reason}; ${FROM_MEMORY}` };
    }
  }
}

export function showOffline(view: OfflineView): void {
  const badge = byId('offline-badge');
  const { tone, short, long } = offlineWords(view);
  badge.dataset.phase = view.phase;
  badge.dataset.tone = tone;
  badge.title = long;
  // Only a change is worth being spoken.
  if (badge.textContent !== short) badge.textContent = short;
}

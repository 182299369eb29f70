import type { OfflineView } from '../offline/registration.ts';
import { byId } from './element.ts';
import { formatBytes } from './format.ts';
import { OFFLINE_TEXT as text } from './strings.ts';

type Tone = 'idle' | 'busy' | 'good' | 'bad';

/** @returns what the badge says, and the longer line for the details panel. */
export function offlineWords(view: OfflineView): { tone: Tone; short: string; long: string } {
  switch (view.phase) {
    case 'starting':
      return { tone: 'busy', short: text.saving, long: text.asking };
    case 'downloading': {
      const percent = Math.floor((100 * view.doneBytes) / view.totalBytes);
      const long = text.stored(formatBytes(view.doneBytes), formatBytes(view.totalBytes));
      return { tone: 'busy', short: text.progress(percent), long };
    }
    case 'ready':
      return { tone: 'good', short: text.ready, long: text.kept(view.files, formatBytes(view.bytes), `${view.model}@${view.version}`) };
    case 'unsupported':
      return { tone: 'idle', short: text.onlineOnly, long: view.reason };
    case 'refused':
      return { tone: 'idle', short: text.memory, long: `${view.reason}; ${text.fromMemory}` };
    case 'failed': {
      if (view.earlier !== undefined && view.earlier !== view.version)
        return { tone: 'bad', short: text.earlier, long: `${view.reason}; ${text.earlierAnswers(`${view.model}@${view.earlier}`)}` };
      if (view.cause === 'stopped') return { tone: 'idle', short: text.stopped, long: text.stoppedLong };
      const short = view.cause === 'quota' ? text.noRoom : text.notSaved;
      return { tone: 'bad', short, long: `${view.reason}; ${text.fromMemory}` };
    }
  }
}

/** @param onStop ends the saving; offered while it goes on */
export function showOffline(view: OfflineView, onStop: () => void): void {
  const badge = byId('offline-badge');
  const { tone, short, long } = offlineWords(view);
  badge.dataset.phase = view.phase;
  badge.dataset.tone = tone;
  badge.title = long;
  // Only a change is worth being spoken.
  if (badge.textContent !== short) badge.textContent = short;
  const stop = byId<HTMLButtonElement>('stop-saving');
  // What is over at once needs no button.
  if (view.phase === 'downloading') shownAt ||= performance.now();
  else shownAt = 0;
  stop.hidden = shownAt === 0 || performance.now() - shownAt < OFFERED_AFTER_MS;
  stop.onclick = onStop;
}

const OFFERED_AFTER_MS = 1000;
/** Time since which saving goes on; 0 while it does not. */
let shownAt = 0;

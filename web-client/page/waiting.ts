import type { DownloadProgress } from '@sld-edge/runtime';
import { element } from './element.ts';
import { formatBytes } from './format.ts';
import { WAITING_TEXT as words } from './strings.ts';

/** Time after which a download is long enough to be shown, and stopped. */
const SHOWN_AFTER_MS = 600;

export interface Waiting {
  root: HTMLElement;
  show(progress: DownloadProgress): void;
}

/**
 * Makes what stands in the answer's place until a model answers.
 *
 * @param onStop ends the download
 */
export function waitingForModel(onStop: () => void): Waiting {
  const startedAt = performance.now();
  const text = element('p', { class: 'waiting' }, words.gettingReady);
  const bar = element('progress', { 'aria-label': words.bar, max: '1', value: '0' });
  const stop = element('button', { type: 'button', class: 'quiet' }, words.stop);
  const transfer = element('div', { class: 'transfer', hidden: true }, bar, stop);
  stop.addEventListener('click', onStop);
  return {
    root: element('div', {}, text, transfer),
    show({ doneBytes, totalBytes }) {
      const whole = doneBytes >= totalBytes;
      transfer.hidden = whole || performance.now() - startedAt < SHOWN_AFTER_MS;
      bar.value = doneBytes / totalBytes;
      text.textContent = whole ? words.checking : words.progress(formatBytes(doneBytes), formatBytes(totalBytes));
    },
  };
}

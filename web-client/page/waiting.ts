import type { DownloadProgress } from '@sld-edge/runtime/transfer';
import { element } from './element.ts';
import { formatBytes } from './format.ts';

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
  const text = element('p', { class: 'waiting' }, 'Getting the model ready…');
  const bar = element('progress', { 'aria-label': 'Download of the model', max: '1', value: '0' });
  const stop = element('button', { type: 'button', class: 'quiet' }, 'Stop the download');
  const transfer = element('div', { class: 'transfer', hidden: true }, bar, stop);
  stop.addEventListener('click', onStop);
  return {
    root: element('div', {}, text, transfer),
    show({ doneBytes, totalBytes }) {
      const whole = doneBytes >= totalBytes;
      transfer.hidden = whole || performance.now() - startedAt < SHOWN_AFTER_MS;
      bar.value = doneBytes / totalBytes;
      text.textContent = whole
        ? 'Getting the model ready: checking that this device computes it right…'
        : `Getting the model ready: ${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}`;
    },
  };
}

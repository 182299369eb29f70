import type { AppError } from '@sld-edge/runtime';
import { element } from './element.ts';
import { ERROR_WORDS } from './error-words.ts';

/** @returns an alert: what happened, what to do, and the catalogue's own line for whoever asks for it. */
export function errorCard(error: AppError): HTMLElement {
  const { title, advice } = ERROR_WORDS[error.code];
  // Of one that nobody foresaw, its own words help whoever it is reported to.
  const own = error.details.reason ?? error.cause;
  const reason = error.code === 'INTERNAL' && own !== undefined ? ` (${String(own)})` : '';
  return element(
    'div',
    { class: 'error', role: 'alert', 'data-code': error.code },
    element('p', { class: 'error-title' }, title),
    element('p', { class: 'error-advice' }, advice),
    element('p', { class: 'error-line' }, element('code', {}, error.code), ` ${error.message}${reason}`),
  );
}

import type { AppError } from '@sld-edge/runtime';
import { element } from './element.ts';
import { wordsFor, type ErrorSubject } from './error-words.ts';

/** Button under an error: something that may be done about it here. */
export interface CardAction {
  label: string;
  run: () => void;
}

/** @returns an alert: what happened, what to do, and the catalogue's own line for whoever asks for it. */
export function errorCard(error: AppError, action?: CardAction, subject?: ErrorSubject): HTMLElement {
  const { title, advice } = wordsFor(error.code, location.search, subject);
  // Of one that nobody foresaw, its own words help whoever it is reported to.
  const own = error.details.reason ?? error.cause;
  const reason = error.code === 'INTERNAL' && own !== undefined ? ` (${String(own)})` : '';
  const card = element(
    'div',
    { class: 'error', role: 'alert', 'data-code': error.code },
    element('p', { class: 'error-title' }, title),
    element('p', { class: 'error-advice' }, advice),
    element('p', { class: 'error-line' }, element('code', {}, error.code), ` ${error.message}${reason}`),
  );
  if (action) {
    const button = element('button', { type: 'button' }, action.label);
    button.addEventListener('click', action.run);
    card.querySelector('.error-advice')!.after(button);
  }
  return card;
}

import { byId, element } from './element.ts';
import type { CardAction } from './error-card.ts';

/**
 * Shows a line above the page's content that stays; the same line is not shown twice.
 *
 * @param action a button beside it
 */
export function showNotice(text: string, action?: CardAction): void {
  const root = byId('notices');
  if ([...root.children].some((notice) => notice.firstElementChild?.textContent === text)) return;
  const notice = element('div', { class: 'notice' }, element('p', {}, text));
  if (action) {
    const button = element('button', { type: 'button' }, action.label);
    button.addEventListener('click', action.run);
    notice.append(button);
  }
  root.append(notice);
}

export function removeNotice(beginning: string): void {
  for (const notice of byId('notices').querySelectorAll('.notice')) if (notice.textContent.startsWith(beginning)) notice.remove();
}

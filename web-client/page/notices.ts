import { byId, element } from './element.ts';

/**
 * Shows a line above the page's content that stays; the same line is not shown twice.
 *
 * @param action a button beside it
 */
export function showNotice(text: string, action?: { label: string; run: () => void }): void {
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

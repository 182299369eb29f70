import type { ClassifyResult } from '@sld-edge/runtime';
import { compareWithServer } from '../comparison/comparison.ts';
import { adoptStyles, element } from '../element.ts';
import { COMPARISON_TEXT, SHARE_TEXT } from '../panel-strings.ts';
import styles from './answer-actions.css?inline';
import { createShareActions } from './share.ts';

adoptStyles(styles);

/** Services of the page for what may be done with an answer. */
export interface AnswerActionsHost {
  /** Title of the model. */
  title: string;
  /** Folder of the page, with a trailing slash. */
  folder: string;
  onError(thrown: unknown): void;
}

/** Makes the buttons to copy, save and share an answer, and to compare it with the server's. @param picture what was given */
export function answerActions(result: ClassifyResult, picture: Blob, { title, folder, onError }: AnswerActionsHost): HTMLElement {
  const { buttons, outcome } = createShareActions(result, picture, title);
  const comparison = element('div', { class: 'outcome', role: 'status' });
  const compare = element('button', { type: 'button', class: 'quiet', title: COMPARISON_TEXT.hint }, COMPARISON_TEXT.compare);
  compare.addEventListener('click', () => {
    compare.disabled = true;
    compareWithServer(result, picture, folder, comparison)
      .catch(onError)
      .finally(() => (compare.disabled = false));
  });
  return element(
    'div',
    { class: 'actions', role: 'group', 'aria-label': SHARE_TEXT.actions },
    element('div', { class: 'action-buttons' }, ...buttons, compare),
    outcome,
    comparison,
    element('p', { class: 'hint' }, COMPARISON_TEXT.hint),
  );
}

import { isGraphVariant } from '@sld-edge/runtime';
import type { ClassifyResult } from '@sld-edge/runtime';
import { element } from '../element.ts';
import { formatMs } from '../format.ts';
import { backendName } from '../result-view.ts';
import { COMPARISON_TEXT as text } from '../panel-strings.ts';
import { askServer, NoAnswerError, type ServerAnswer } from './ask-server.ts';
import { compareAnswers, type ComparedClass } from './compare-digits.ts';

const SHOWN = 5;

/**
 * Asks the server about the same picture, and shows both answers side by side.
 *
 * @param root that the outcome is put into, in words or as a table
 */
export async function compareWithServer(result: ClassifyResult, picture: Blob, folder: string, root: HTMLElement): Promise<void> {
  root.replaceChildren(element('p', { class: 'hint' }, text.asking));
  try {
    root.replaceChildren(...comparisonView(result, await askServer(picture, result, folder)));
  } catch (thrown) {
    if (!(thrown instanceof NoAnswerError)) throw thrown;
    root.replaceChildren(element('p', { class: 'verdict' }, thrown.message));
  }
}

function comparisonView(result: ClassifyResult, server: ServerAnswer): HTMLElement[] {
  const { classes, compared, different, largestDifference } = compareAnswers(result.predictions, server.predictions);
  const { decode, preprocess, inference } = result.timingMs;
  const verdict = different === 0 ? text.equal(compared) : text.differ(different, compared, largestDifference.toExponential(1));
  const advice = isGraphVariant(result.variant) ? text.differFloat : text.differInteger;
  return [
    element(
      'p',
      { class: 'verdict', 'data-equal': String(different === 0) },
      element('strong', {}, verdict),
      different === 0 ? null : ` ${advice}`,
    ),
    element(
      'div',
      { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': text.caption },
      element(
        'table',
        { class: 'comparison' },
        element('caption', { class: 'visually-hidden' }, text.caption),
        element(
          'thead',
          {},
          element(
            'tr',
            {},
            element('th', { scope: 'col' }, text.class),
            heading(text.device, text.computedBy(backendName(result.backend), formatMs(decode + preprocess + inference))),
            heading(text.server, text.computedBy(backendName(server.backend), formatMs(server.timingMs.total))),
          ),
        ),
        element('tbody', {}, ...classes.slice(0, SHOWN).map(row)),
      ),
    ),
  ];
}

const heading = (name: string, about: string): HTMLElement => element('th', { scope: 'col' }, name, element('small', {}, about));

/** Digits from which on the two differ are marked. */
function row({ label, digits, same, there }: ComparedClass): HTMLElement {
  const marked = (number: string): HTMLElement =>
    element('td', {}, number.slice(0, same), same < number.length ? element('mark', {}, number.slice(same)) : null);
  return element(
    'tr',
    {},
    element('th', { scope: 'row', dir: 'auto' }, label),
    marked(digits),
    there === undefined ? element('td', {}, '–') : marked(String(there)),
  );
}

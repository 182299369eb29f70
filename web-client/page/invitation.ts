import type { ClassifierReport } from '@sld-edge/runtime';
import { element } from './element.ts';
import { PAGE_TEXT as text } from './strings.ts';

const SHOWN = 24;

/** @returns what stands in the answer's place before there is one: what the model can tell apart. */
export function invitation({ labels }: ClassifierReport): HTMLElement {
  const more = labels.length - SHOWN;
  return element(
    'div',
    {},
    element('p', { class: 'waiting', id: 'kinds-heading' }, text.kinds(labels.length)),
    element(
      'ul',
      { class: 'kinds', 'aria-labelledby': 'kinds-heading' },
      ...labels.slice(0, SHOWN).map((label) => element('li', { dir: 'auto' }, label)),
      more > 0 ? element('li', {}, text.moreKinds(more)) : null,
    ),
  );
}

import { element } from '../element.ts';
import { BATCH_TEXT as text } from '../panel-strings.ts';
import type { Filter, Tally } from './records.ts';

/** Choice of what is shown of a batch. */
export interface FilterChoice {
  root: HTMLElement;
  /** Names what there is, soon; what was chosen stays chosen. */
  show(count: () => Tally, records: number): void;
}

/** Time between two renewals of the list: an open one should not change at every picture. */
const RENEW_MS = 500;

export function createFilterChoice(onFilter: (filter: Filter) => void): FilterChoice {
  const select = element('select', { id: 'batch-filter' });
  const filters = new Map<string, Filter>([['all', 'all']]);
  let renewing: ReturnType<typeof setTimeout> | undefined;
  let renew = (): void => undefined;
  select.addEventListener('change', () => onFilter(filters.get(select.value) ?? 'all'));

  const option = (value: string, filter: Filter, words: string): HTMLOptionElement => {
    filters.set(value, filter);
    return element('option', { value, dir: 'auto' }, words);
  };
  const options = ({ classes, unsure, unread }: Tally, records: number): (HTMLOptionElement | null)[] => [
    option('all', 'all', text.everything(records)),
    unsure > 0 ? option('unsure', 'unsure', text.unsure(unsure)) : null,
    unread > 0 ? option('unread', 'unread', text.unread(unread)) : null,
    ...classes.map(([label, number]) => option(`class:${label}`, { label }, text.ofClass(label, number))),
  ];
  return {
    root: element('div', { class: 'batch-filter' }, element('label', { for: 'batch-filter' }, text.filter), select),
    show(count, records) {
      renew = () => {
        renewing = undefined;
        const chosen = select.value || 'all';
        select.replaceChildren(...options(count(), records).filter((one) => one !== null));
        select.value = chosen;
      };
      renewing ??= setTimeout(() => renew(), RENEW_MS);
    },
  };
}

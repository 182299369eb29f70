import { element } from '../element.ts';
import { ERROR_WORDS } from '../error-words.ts';
import { formatPercent } from '../format.ts';
import { BATCH_TEXT as text } from '../panel-strings.ts';
import { passes, placeOf, type BatchRecord, type Filter } from './records.ts';

interface Cell {
  record: BatchRecord;
  item: HTMLLIElement;
  button: HTMLButtonElement;
}

/** Pictures with their answers, in order. */
export interface PictureGrid {
  root: HTMLElement;
  /** @param thumbnail address of a small picture; null where there is none */
  add(record: BatchRecord, thumbnail: string | null, tiny: boolean, onOpen: () => void): void;
  filter(filter: Filter): void;
  /** Records that the filter lets through, in order. */
  shown(): BatchRecord[];
}

/** Makes an empty grid. One cell of it is in the order of the tabulator key; arrows, Home and End go to the others. */
export function createGrid(): PictureGrid {
  const cells: Cell[] = [];
  const records: BatchRecord[] = [];
  let filter: Filter = 'all';
  const root = element('ul', { class: 'grid', 'aria-label': text.list });

  const visible = (): Cell[] => cells.filter(({ item }) => !item.hidden);
  /** The cell that the tabulator key leads to. */
  let current: Cell | undefined;
  const putInOrder = (cell: Cell | undefined): void => {
    if (current) current.button.tabIndex = -1;
    current = cell;
    if (current) current.button.tabIndex = 0;
  };
  root.addEventListener('keydown', (event) => {
    const shown = visible();
    const at = shown.findIndex(({ button }) => button === document.activeElement);
    const to = destination(event.key, at, shown.length, columnsOf(root), getComputedStyle(root).direction === 'rtl');
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    putInOrder(shown[to]);
    shown[to].button.focus();
  });

  return {
    root,
    add(record, thumbnail, tiny, onOpen) {
      const place = placeOf(record, records);
      const cell = createCell(record, thumbnail, tiny, onOpen);
      cell.item.hidden = !passes(record, filter);
      root.insertBefore(cell.item, cells[place]?.item ?? null);
      cells.splice(place, 0, cell);
      records.splice(place, 0, record);
      if (!current && !cell.item.hidden) putInOrder(cell);
    },
    filter(wanted) {
      filter = wanted;
      for (const { record, item } of cells) item.hidden = !passes(record, filter);
      if (!current || current.item.hidden) putInOrder(visible()[0]);
    },
    shown: () => records.filter((record) => passes(record, filter)),
  };
}

/** @returns the place of the cell that a key leads to; undefined if it is none of ours */
export function destination(key: string, at: number, cells: number, columns: number, rightToLeft: boolean): number | undefined {
  const forward = rightToLeft ? -1 : 1;
  const steps: Record<string, number> = {
    ArrowRight: at + forward,
    ArrowLeft: at - forward,
    ArrowDown: at + columns,
    ArrowUp: at - columns,
    Home: 0,
    End: cells - 1,
  };
  const to = Object.hasOwn(steps, key) ? steps[key] : undefined;
  return to !== undefined && to >= 0 && to < cells ? to : undefined;
}

const columnsOf = (root: HTMLElement): number => getComputedStyle(root).gridTemplateColumns.split(' ').length;

function createCell(record: BatchRecord, thumbnail: string | null, tiny: boolean, onOpen: () => void): Cell {
  const { path, predictions, abstained, error } = record;
  const name = path.slice(path.lastIndexOf('/') + 1);
  const [best] = predictions;
  const words = error ? ERROR_WORDS[error.code].title : best.label;
  const spoken = error ? text.openFailed(path, words) : text.open(path, best.label, formatPercent(best.probability));
  const image = thumbnail && element('img', { src: thumbnail, alt: '', class: tiny ? 'tiny' : '', loading: 'lazy', decoding: 'async' });
  const button = element(
    'button',
    { type: 'button', class: `cell${error ? ' unread' : ''}`, 'aria-label': spoken, title: path, tabindex: '-1' },
    element('span', { class: 'cell-picture' }, image || element('span', { class: 'cell-none' }, '!')),
    element('span', { class: 'cell-label', dir: 'auto' }, words),
    element(
      'span',
      { class: 'cell-value' },
      error ? element('code', {}, error.code) : formatPercent(best.probability),
      abstained ? element('em', {}, text.notSure) : null,
    ),
    element('span', { class: 'cell-name', dir: 'auto' }, name),
  );
  button.addEventListener('click', onOpen);
  return { record, item: element('li', {}, button), button };
}

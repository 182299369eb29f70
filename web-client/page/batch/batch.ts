import { recogniseError } from '@sld-edge/runtime';
import type { ClassifyResult } from '@sld-edge/runtime';
import { adoptStyles, element } from '../element.ts';
import { saveAs } from '../save-as.ts';
import { BATCH_TEXT as text } from '../panel-strings.ts';
import styles from './batch.css?inline';
import { collectChosen, collectDropped, type Collected, type GivenFile } from './collect-files.ts';
import { toCsv, toJson, type ExportSource } from './export.ts';
import { createFilterChoice } from './filter-choice.ts';
import { createGrid } from './grid.ts';
import { KEPT_CLASSES, tally, type BatchRecord } from './records.ts';
import { runBatch } from './run-batch.ts';
import { thumbnailOf } from './thumbnail.ts';

adoptStyles(styles);

/** Pictures that were given at once: files that were chosen, or what was dropped. */
export type GivenMany = { chosen: File[] } | { dropped: FileSystemEntry[] };

/** Services of the page for a batch. */
export interface BatchHost {
  /** Element that the grid is put into. */
  root: HTMLElement;
  /** Rejects with an AppError. */
  classify(file: File): Promise<ClassifyResult>;
  /** Shows one picture with its whole answer. */
  open(file: File): void;
  /** Told where nothing could be begun. */
  onError(error: unknown): void;
}

/** Pictures under way at a time: one is computed while the others are read and decoded. */
const IN_FLIGHT = 3;

/** Ends the batch before and frees what it held. */
let closeEarlier = (): void => undefined;

/** Classifies many pictures, and shows them in a grid that fills as the answers come. */
export async function startBatch(given: GivenMany, host: BatchHost): Promise<void> {
  closeEarlier();
  const cancelling = new AbortController();
  const thumbnails: string[] = [];
  const view = createView(cancelling);
  const close = (closeEarlier = () => {
    cancelling.abort();
    view.root.remove();
    for (const url of thumbnails) URL.revokeObjectURL(url);
    thumbnails.length = 0;
  });
  view.close.addEventListener('click', close);
  host.root.append(view.root);
  view.root.scrollIntoView({ block: 'nearest' });
  view.heading.focus();

  let collected: Collected;
  try {
    collected = 'chosen' in given ? collectChosen(given.chosen) : await collectDropped(given.dropped);
  } catch (thrown) {
    close();
    return host.onError(thrown);
  }
  if (cancelling.signal.aborted) return;
  const { files, passedOver } = collected;
  view.begin(files.length, passedOver);
  const records: BatchRecord[] = [];
  let source: ExportSource | undefined;
  view.onExport('csv', () => saveAs('answers.csv', 'text/csv', toCsv(view.grid.shown())));
  view.onExport('json', () => source && saveAs('answers.json', 'application/json', toJson(source, view.grid.shown())));

  const answer = async ({ file, path }: GivenFile): Promise<void> => {
    const record: BatchRecord = { path, predictions: [], abstained: false };
    let [thumbnail, isTiny] = ['', false];
    try {
      const result = await host.classify(file);
      const { model, version, variant, backend, predictions, abstained, input } = result;
      source = { model, version, variant, backend };
      Object.assign(record, { predictions: predictions.slice(0, KEPT_CLASSES), abstained });
      const blob = await thumbnailOf(input).catch(() => undefined);
      // It may have been closed meanwhile: then nobody would free the address.
      if (blob && view.root.isConnected) thumbnails.push((thumbnail = URL.createObjectURL(blob)));
      isTiny = blob?.type === 'image/png';
    } catch (thrown) {
      record.error = recogniseError(thrown);
    }
    records.push(record);
    view.grid.add(record, thumbnail || null, isTiny, () => host.open(file));
    view.progress(records);
  };
  await runBatch(files, IN_FLIGHT, cancelling.signal, answer);
  view.end(records, cancelling.signal.aborted);
}

/** Heading, progress, what may be done, and the grid. */
function createView(cancelling: AbortController) {
  const grid = createGrid();
  const heading = element('h2', { tabindex: '-1', id: 'batch-heading' }, text.heading);
  const status = element('p', { class: 'batch-status', role: 'status' }, text.collecting);
  const passed = element('p', { class: 'hint' });
  const bar = element('progress', { 'aria-label': text.bar, max: '1' });
  const cancel = element('button', { type: 'button', class: 'quiet' }, text.cancel);
  const close = element('button', { type: 'button', class: 'quiet' }, text.close);
  const csv = element('button', { type: 'button', class: 'quiet', disabled: true }, text.exportCsv);
  const json = element('button', { type: 'button', class: 'quiet', disabled: true }, text.exportJson);
  const choice = createFilterChoice(grid.filter);
  cancel.addEventListener('click', () => cancelling.abort());
  const root = element(
    'section',
    { class: 'card batch', 'aria-labelledby': 'batch-heading' },
    element('div', { class: 'batch-head' }, heading, cancel, close),
    status,
    bar,
    passed,
    element('div', { class: 'batch-tools' }, choice.root, csv, json),
    grid.root,
  );
  let total = 0;
  return {
    root,
    heading,
    grid,
    close,
    begin(files: number, passedOver: number) {
      total = files;
      status.textContent = files === 0 ? text.noPictures : '';
      passed.textContent = passedOver > 0 ? text.passedOver(passedOver) : '';
      bar.max = Math.max(1, files);
      bar.value = 0;
    },
    onExport: (kind: 'csv' | 'json', save: () => void) => (kind === 'csv' ? csv : json).addEventListener('click', save),
    progress(records: readonly BatchRecord[]) {
      bar.value = records.length;
      heading.textContent = text.progress(records.length, total);
      csv.disabled = json.disabled = false;
      choice.show(() => tally(records), records.length);
    },
    /** The end alone is spoken: a count that is read out at every picture helps nobody. */
    end(records: readonly BatchRecord[], wasCancelled: boolean) {
      const failed = records.filter(({ error }) => error).length;
      if (total > 0)
        status.textContent = wasCancelled ? text.cancelled(records.length, total) : text.finished(records.length - failed, failed);
      heading.textContent = text.heading;
      bar.hidden = true;
      cancel.hidden = true;
    },
  };
}

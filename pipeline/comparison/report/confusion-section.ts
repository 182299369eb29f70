/** Confusions of classes, by method: all seeds' test answers together. */
import type { CellResult } from '../cell-result.ts';
import { percent } from '../../support/progress.ts';
import type { ReportedMethod } from './reported-method.ts';
import { heatMap, mostConfused } from '../../support/charts/heat-map.ts';
import { charts, figure, htmlTable } from '../../support/charts/page.ts';
import { escape } from '../../support/charts/svg.ts';

const PAIRS = 15;
const CLASSES = 10;

/** @param open the method whose matrix is shown at once */
export function confusionSection(methods: ReportedMethod[], open: ReportedMethod): string {
  const parts = methods.map((method) => {
    const { label, cells } = method;
    const counts = summed(cells);
    const { labels } = cells[0];
    const accuracies = counts
      .map((row, i) => ({ label: labels[i], right: row[i], total: row.reduce((sum, count) => sum + count, 0) }))
      .filter(({ total }) => total > 0);
    const sorted = [...accuracies].sort((a, b) => a.right / a.total - b.right / b.total);
    const pairs = htmlTable(
      ['true class', 'taken for', 'images', 'share'],
      mostConfused(counts, labels, PAIRS).map(({ truth, answer, count, share }) => [truth, answer, String(count), percent(share)]),
      { caption: 'Most confused pairs' },
    );
    const classes = htmlTable(
      ['class', 'right', 'of', 'top-1'],
      sorted.slice(0, CLASSES).map((entry) => [entry.label, String(entry.right), String(entry.total), percent(entry.right / entry.total)]),
      { caption: sorted.length > CLASSES ? `The ${CLASSES} hardest classes` : 'Classes, the hardest first' },
    );
    const seeds = cells.length > 1 ? `, ${cells.length} seeds together` : '';
    return `<details${method === open ? ' open' : ''}><summary>${escape(label)}${seeds}</summary>${charts([figure(`${label}: true classes in rows, answers in columns`, heatMap(`Confusion matrix of ${label}`, counts, labels)), `<div>${pairs}</div>`, `<div>${classes}</div>`], 'wide')}</details>`;
  });
  return `<h2>Which classes are taken for which</h2>
<p class="small">On the test set. <b class="right">■</b> right, <b class="wrong">■</b> wrong; the darker, the larger its share of the true class (root scale, so that a few are seen). Hover a cell for its classes and count.</p>
${parts.join('\n')}`;
}

function summed(cells: readonly CellResult[]): number[][] {
  return cells[0].confusion.map((row, truth) =>
    row.map((_, answer) => cells.reduce((sum, { confusion }) => sum + confusion[truth][answer], 0)),
  );
}

/** Errors of the teacher on the training views, per epoch and by class: what SLD swaps. */
import { percent } from '../../support/progress.ts';
import { barChart } from '../../support/charts/bar-chart.ts';
import type { ReportedMethod } from './reported-method.ts';
import { meanSeries, curveTable } from './curves-section.ts';
import { lineChart, type Series } from '../../support/charts/line-chart.ts';
import { charts, figure, htmlTable } from '../../support/charts/page.ts';

const CLASSES = 20;

export function teacherSection(methods: ReportedMethod[]): string {
  const learners = methods
    .map((method) => ({ ...method, cells: method.cells.filter(({ epochs }) => epochs.some(({ teacherSwaps }) => teacherSwaps)) }))
    .filter(({ cells }) => cells.length > 0);
  if (learners.length === 0) return '';
  const views = (['weak', 'strong'] as const).flatMap((view): Series[] => {
    // A view that no epoch counts anything of is one that the method does not use.
    const using = learners.filter(({ cells }) =>
      cells.some(({ epochs }) => epochs.some(({ teacherSwaps }) => (teacherSwaps?.[view] ?? 0) > 0)),
    );
    const series = using.map(({ label, style, cells }) => ({
      style,
      ...meanSeries(label, cells, ({ teacherSwaps }) => teacherSwaps && teacherSwaps[view] / cells[0].imagesPerEpoch),
    }));
    return merged(series).map(({ names, ...one }) => ({
      ...one,
      name: names.length === using.length ? `${view} view` : `${names.join(', ')}: ${view}`,
    }));
  });
  const shares = byClass(learners[0]);
  const bars = shares
    .slice(0, CLASSES)
    .map(({ label, share }) => ({ name: label, value: share, text: percent(share), style: learners[0].style }));
  const rows = shares.map(({ label, swaps, images, share }) => [label, swaps.toFixed(1), String(images), percent(share)]);
  return `<h2>How often the teacher was wrong</h2>
<p class="small">Training samples whose true class did not have the teacher's largest logit. SLD swaps the two there; other methods learn from the wrong answer. Methods of the same seed see the same views, so those with the same seeds share a line.</p>
${charts([
  ...(views.length > 0
    ? [
        figure(
          'Share of samples per epoch, by method and view',
          lineChart('Share of samples that the teacher got wrong, per epoch', views, (value) => `${Number((100 * value).toFixed(1))} %`),
          curveTable(views, percent),
        ),
      ]
    : []),
  figure(
    `${shares.length > CLASSES ? `The ${CLASSES} classes` : 'Classes'} it got wrong most (${learners[0].label}, mean over epochs and seeds)`,
    barChart('Share of training samples that the teacher got wrong, by class', bars, (value) => `${Number((100 * value).toFixed(1))} %`),
    htmlTable(['class', 'wrong an epoch', 'training images', 'share'], rows),
  ),
])}`;
}

/** The same line once, with the names of all whose line it is. */
function merged(series: Series[]): (Series & { names: string[] })[] {
  const out: (Series & { names: string[] })[] = [];
  for (const one of series) {
    const same = out.find(({ values }) => JSON.stringify(values) === JSON.stringify(one.values));
    if (same) same.names.push(one.name);
    else out.push({ ...one, names: [one.name] });
  }
  return out;
}

interface ClassShare {
  label: string;
  /** Mean per epoch. */
  swaps: number;
  images: number;
  share: number;
}

/** The most first. */
function byClass({ cells }: ReportedMethod): ClassShare[] {
  const epochs = cells.flatMap((cell) => cell.epochs.flatMap(({ teacherSwaps }) => teacherSwaps ?? []));
  const { labels, trainingCounts } = cells[0];
  return labels
    .map((label, i) => {
      const swaps = epochs.reduce((sum, { byClass: counts }) => sum + counts[i], 0) / epochs.length;
      return { label, swaps, images: trainingCounts[i], share: trainingCounts[i] > 0 ? swaps / trainingCounts[i] : 0 };
    })
    .sort((a, b) => b.share - a.share);
}

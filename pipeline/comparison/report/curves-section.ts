/** Training curves of a comparison: validation top-1 of all methods, and each method's own losses. */
import type { CellResult } from '../cell-result.ts';
import { spreadOf } from '../statistics.ts';
import { percent } from '../../support/progress.ts';
import type { EpochReport } from '../../training/train.ts';
import type { ReportedMethod } from './reported-method.ts';
import { lineChart, type Series } from '../../support/charts/line-chart.ts';
import { charts, figure, htmlTable } from '../../support/charts/page.ts';

export function curvesSection(methods: ReportedMethod[]): string {
  const top1 = (key: 'validationTop1' | 'trainingTop1'): Series[] =>
    methods.map(({ label, style, cells }) => ({ style, ...meanSeries(label, cells, (epoch) => epoch[key]) }));
  const validation = top1('validationTop1');
  const training = top1('trainingTop1');
  const losses = methods.map(({ label, cells }) => {
    const names = [...new Set(cells.flatMap(({ epochs }) => epochs.flatMap((epoch) => Object.keys(epoch.losses))))].filter(
      (name) => name !== 'total',
    );
    const shown = names.length > 1 ? [...names, 'total'] : names;
    const series = shown.map((name) => meanSeries(name, cells, (epoch) => epoch.losses[name]));
    return figure(
      label,
      lineChart(`Losses of ${label} per epoch`, series, (value) => value.toPrecision(3)),
      curveTable(series, (value) => value.toPrecision(4)),
    );
  });
  return `<h2>Training</h2>
<p class="small">Lines: means over seeds; bands: one standard deviation to either side.</p>
${charts([figure('Validation top-1 per epoch', lineChart('Validation top-1 per epoch, by method', validation, percentOf), curveTable(validation, percent)), figure('Top-1 on training images (eval mode) per epoch', lineChart('Top-1 on training images per epoch, by method', training, percentOf), curveTable(training, percent))])}
<h3>Losses</h3>
<p class="small">As each method weighs them; sums of different methods can't be compared with each other.</p>
${charts(losses)}`;
}

const percentOf = (value: number): string => `${Number((100 * value).toFixed(1))} %`;

/** Mean over the cells, epoch by epoch; a value that appears only in later epochs is a shorter series. */
export function meanSeries(name: string, cells: readonly CellResult[], value: (epoch: EpochReport) => number | undefined): Series {
  const epochs = Math.max(...cells.map((cell) => cell.epochs.length));
  const spreads = Array.from({ length: epochs }, (_, i) => cells.flatMap((cell) => (cell.epochs[i] ? (value(cell.epochs[i]) ?? []) : [])))
    .filter((values) => values.length > 0)
    .map(spreadOf);
  const several = spreads.some(({ sd }) => sd !== undefined);
  return {
    name,
    values: spreads.map(({ mean }) => mean),
    ...(several && { band: spreads.map(({ mean, sd = 0 }) => ({ low: mean - sd, high: mean + sd })) }),
  };
}

/** Epochs in rows, series in columns; of long trainings about fifty epochs. */
export function curveTable(series: readonly Series[], format: (value: number) => string): string {
  const epochs = Math.max(...series.map(({ values }) => values.length));
  const every = Math.ceil(epochs / 50);
  const shown = Array.from({ length: epochs }, (_, i) => i + 1).filter((epoch) => epoch % every === 0 || epoch === 1 || epoch === epochs);
  const rows = shown.map((epoch) => [
    String(epoch),
    ...series.map(({ values, band }) => {
      const at = epoch - 1 - (epochs - values.length);
      if (at < 0) return '–';
      return `${format(values[at])}${band ? ` ± ${format(band[at].high - values[at])}` : ''}`;
    }),
  ]);
  return htmlTable(['epoch', ...series.map(({ name }) => name)], rows);
}

/** `report.html` of a comparison: what came out and how sure one can be, the figures, and everything that they were made with. */
import type { CellResult } from '../cell-result.ts';
import { differingSettings } from '../differing-settings.ts';
import { caveats, conclusion, nextSteps } from '../conclusion.ts';
import type { ComparisonSummary } from '../summary.ts';
import { tableCells } from '../tables.ts';
import { intervalText, percentSpread, points, pointsSpread } from '../figures-text.ts';
import { duration, percent } from '../../support/progress.ts';
import { barChart, intervalChart } from '../../support/charts/bar-chart.ts';
import { confusionSection } from './confusion-section.ts';
import { curvesSection } from './curves-section.ts';
import { legend } from '../../support/charts/line-chart.ts';
import { charts, figure, page, htmlTable } from '../../support/charts/page.ts';
import type { ReportedMethod } from './reported-method.ts';
import { reliabilitySection } from './reliability-section.ts';
import { escape } from '../../support/charts/svg.ts';
import { searchSection } from './search-section.ts';
import { teacherSection } from './teacher-section.ts';

export interface ComparisonReportInput {
  title: string;
  summary: ComparisonSummary;
  /** Finished cells, in the grid's order. */
  results: readonly CellResult[];
  /** The command that made it, for people to repeat. */
  command: string;
  /** Returns the folder of a cell's student. */
  folderOf(result: CellResult): string;
}

export function comparisonReport({ title, summary, results, command, folderOf }: ComparisonReportInput): string {
  const methods = summary.methods.map(({ label }, style): ReportedMethod => ({
    label,
    style,
    cells: results.filter((result) => result.label === label),
  }));
  const measured = methods.filter(({ cells }) => cells.length > 0);
  const steps = nextSteps(summary, results, folderOf);
  return page(title, [
    results.some(({ configuration }) => configuration.quick)
      ? '<p class="quick">A quick run on a subset: it proves the stages, its figures are no result.</p>'
      : '',
    `<p class="lead">${escape(conclusion(summary))}</p>`,
    setup(results),
    `<ul class="small">${caveats(summary, results)
      .map((line) => `<li>${escape(line)}</li>`)
      .join('')}</ul>`,
    '<h2>What to do next</h2>',
    `<ul>${steps.map((step) => `<li>${escape(step)}</li>`).join('')}</ul>`,
    '<h2>Results</h2>',
    resultsTable(summary, results),
    failures(summary),
    searchSection(summary.search),
    ...(measured.length > 0
      ? [
          accuracySection(summary, measured),
          measured.length > 1 ? legend(methods.map(({ label }) => label)) : '',
          curvesSection(measured),
          confusionSection(measured, bestOf(measured)),
          reliabilitySection(measured),
          teacherSection(measured),
        ]
      : []),
    provenance(measured, command),
  ]);
}

/** Chooses the best method by validation: chosen by the test set it would look better than it is. */
function bestOf(methods: ReportedMethod[]): ReportedMethod {
  const mean = ({ cells }: ReportedMethod): number => cells.reduce((sum, { validation }) => sum + validation.top1, 0) / cells.length;
  return methods.reduce((best, method) => (mean(method) > mean(best) ? method : best));
}

function setup(results: readonly CellResult[]): string {
  const first = results.at(0);
  if (!first) return '';
  const { network, data } = first;
  const teacher = results.find((result) => result.teacher)?.teacher;
  return `<p>${escape(network.name)} (${network.parameters.toLocaleString('en')} parameters) on ${escape(data.name)}: ${data.counts.train.toLocaleString('en')} training, ${data.counts.validation.toLocaleString('en')} validation, ${data.counts.test.toLocaleString('en')} test images; ${[...new Set(results.map(({ configuration: { epochs } }) => epochs))].join(' or ')} epochs.${teacher ? ` Teacher: ${escape(teacher.name)} (${escape(teacher.network)}), top-1 validation ${percent(teacher.validationTop1)}, test ${percent(teacher.testTop1)}.` : ''}</p>`;
}

function resultsTable(summary: ComparisonSummary, results: readonly CellResult[]): string {
  const { head, rows } = tableCells(summary);
  const agreements = summary.methods.map(({ figures }) => (figures?.teacherAgreement ? percentSpread(figures.teacherAgreement) : '–'));
  const top5 = summary.methods.map(({ figures }) => (figures ? percentSpread(figures.testTop5) : '–'));
  const cells = results.map(({ label, seed, validation, test, teacherAgreement, seconds, imagesPerSecond }) => [
    label,
    String(seed),
    percent(validation.top1),
    percent(test.top1),
    percent(test.top5),
    test.loss.toFixed(4),
    test.calibrationError.toFixed(4),
    teacherAgreement === null ? '–' : percent(teacherAgreement),
    duration(seconds * 1000),
    imagesPerSecond.toFixed(0),
  ]);
  return `${htmlTable(
    [...head, 'test top-5', 'agrees with the teacher'],
    rows.map((row, i) => [...row, top5[i], agreements[i]]),
  )}
<p class="small">Mean ± sample standard deviation over seeds, of the last epoch. Loss: mean negative log-likelihood. ECE: expected calibration error, 15 bins. Time: of the training steps.</p>
<details class="small"><summary>Every training</summary>${htmlTable(['method', 'seed', 'validation top-1', 'test top-1', 'test top-5', 'test loss', 'ECE', 'agrees with the teacher', 'time', 'images/s'], cells)}</details>`;
}

function failures({ failures: failed }: ComparisonSummary): string {
  if (failed.length === 0) return '';
  return `<h3>Failed trainings</h3>${htmlTable(
    ['method', 'seed', 'why'],
    failed.map(({ label, seed, diverged, reason }) => [label, String(seed), `${diverged ? 'diverged: ' : ''}${reason}`]),
  )}`;
}

function accuracySection(summary: ComparisonSummary, measured: ReportedMethod[]): string {
  const percentOf = (value: number): string => `${Number((100 * value).toFixed(2))} %`;
  const bars = (set: 'validation' | 'test') =>
    measured.map(({ label, style, cells }) => {
      const figures = summary.methods.find((method) => method.label === label)!.figures!;
      const spread = set === 'test' ? figures.testTop1 : figures.validationTop1;
      return {
        name: label,
        value: spread.mean,
        error: spread.sd,
        dots: cells.map((cell) => ({ name: `${label} seed ${cell.seed}`, value: cell[set].top1 })),
        text: percentSpread(spread),
        style,
      };
    });
  const compared = measured.flatMap(({ label, style }) => {
    const difference = summary.methods.find((method) => method.label === label)?.difference;
    return difference ? [{ label, style, ...difference }] : [];
  });
  const differences = compared.map(({ label, style, test, seeds }) => ({
    name: label,
    style,
    mean: 100 * test.mean,
    text: points(test.mean),
    ...(test.interval && { interval: [100 * test.interval[0], 100 * test.interval[1]] as [number, number] }),
    dots: test.perSeed.map((value, i) => ({ name: `${label} seed ${seeds[i]}`, value: 100 * value })),
  }));
  const differenceRows = compared.map(({ label, test, validation, seeds }) => [
    label,
    pointsSpread(test),
    intervalText(test),
    test.perSeed.map((value, i) => `seed ${seeds[i]}: ${points(value)}`).join(', '),
    pointsSpread(validation),
  ]);
  const baselineName = `difference to ${summary.baseline} in points of test top-1, paired by seed`;
  return (
    charts([
      figure('Test top-1', barChart('Test top-1 by method, mean with standard deviation and single seeds', bars('test'), percentOf)),
      figure(
        'Validation top-1',
        barChart('Validation top-1 by method, mean with standard deviation and single seeds', bars('validation'), percentOf),
      ),
      ...(differences.length > 0
        ? [
            figure(
              `D${baselineName.slice(1)}`,
              intervalChart(
                `D${baselineName.slice(1)}: mean, 95 % interval, single seeds`,
                differences,
                (value) => `${value > 0 ? '+' : ''}${Number(value.toFixed(2))}`,
              ),
              htmlTable(['method', 'test, mean ± sd', '95 % interval', 'by seed', 'validation, mean ± sd'], differenceRows),
            ),
          ]
        : []),
    ]) +
    '<p class="small">Circles: single seeds. Whiskers of bars: one standard deviation. Diamonds: means; thick lines: 95 % intervals of the mean difference (paired t), drawn from three seeds on.</p>'
  );
}

function provenance(measured: ReportedMethod[], command: string): string {
  const first = measured.at(0)?.cells.at(0);
  if (!first) return '';
  const { configuration, data } = first;
  const teacher = measured.flatMap(({ cells }) => cells).find((cell) => cell.teacher)?.teacher;
  const shown = (value: unknown): string => (typeof value === 'string' ? value || '–' : JSON.stringify(value));
  const all = measured.flatMap(({ cells }) => cells);
  const differing = differingSettings(all);
  const settings = Object.entries(configuration)
    .filter(([key]) => !['method', 'methodOptions', 'seed', ...differing.map((one) => one.key)].includes(key))
    .map(([key, value]) => [key, shown(value)]);
  const options = measured.map(({ label, cells }) => [
    label,
    Object.entries(cells[0].methodOptions)
      .map(([key, value]) => `${key} ${JSON.stringify(value)}`)
      .join(', ') || 'none',
  ]);
  const distinct = (values: string[]): string => [...new Set(values)].join('; ');
  const made = [
    ['engine', distinct(all.map(({ engine }) => engine))],
    ...Object.keys(first.software).map((name) => [name, distinct(all.map(({ software }) => software[name] ?? 'none'))]),
    ['data', `${data.name} (${data.source})`],
    ...Object.entries(data.checksums).map(([file, sum]) => [`SHA-256 of ${file}`, sum]),
    ...(teacher
      ? [
          ['teacher', `${teacher.name} (${teacher.network})`],
          ['SHA-256 of the teacher', teacher.sha256],
        ]
      : []),
  ];
  return `<h2>Configuration and provenance</h2>
<pre class="command">${escape(command)}</pre>
<p class="small">Every training has its folder with <code>result.json</code>, <code>configuration.json</code>, <code>metrics.jsonl</code>, its last checkpoint and <code>student.safetensors</code>.</p>
<details class="small"><summary>Made with</summary>${htmlTable(['what', 'which'], made)}</details>
<details class="small"><summary>Options of the methods</summary>${htmlTable(['method', 'options as used'], options)}</details>
${
  differing.length > 0
    ? `<details class="small" open><summary>Settings in which rows differ</summary>${htmlTable(
        ['method', ...differing.map(({ key }) => key)],
        measured.map(({ label }) => [label, ...differing.map(({ values }) => shown(values[label]))]),
      )}</details>`
    : ''
}
<details class="small"><summary>Settings, the same for all trainings</summary>${htmlTable(['setting', 'value'], settings)}</details>`;
}

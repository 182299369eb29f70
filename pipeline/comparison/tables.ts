/** The table of a comparison: for the terminal, as Markdown, as CSV; and the single trainings as CSV. */
import { duration } from '../support/progress.ts';
import { textTable } from '../support/text-table.ts';
import type { CellFailure, CellResult } from './cell-result.ts';
import type { ComparisonSummary, MethodSummary } from './summary.ts';
import { intervalText, numberSpread, percentSpread, pointsSpread } from './figures-text.ts';

const ABSENT = '–';

/** Head and rows as text; the first column is the method. */
export function tableCells(summary: ComparisonSummary): { head: string[]; rows: string[][] } {
  const head = [
    'method',
    'n',
    'validation top-1',
    'test top-1',
    `test vs ${summary.baseline} (points)`,
    '95 % interval',
    'test loss',
    'ECE',
    'time per run',
  ];
  return { head, rows: summary.methods.map((method) => row(method, summary.baseline)) };
}

function row({ label, seeds, failedSeeds, figures, difference }: MethodSummary, baseline: string): string[] {
  const failed = failedSeeds.length > 0 ? ` (${failedSeeds.length} failed)` : '';
  if (!figures) return [label, `0${failed}`, ...Array<string>(7).fill(ABSENT)];
  const against =
    label === baseline ? ['baseline', ''] : difference ? [pointsSpread(difference.test), intervalText(difference.test)] : [ABSENT, ABSENT];
  return [
    label,
    `${seeds.length}${failed}`,
    percentSpread(figures.validationTop1),
    percentSpread(figures.testTop1),
    ...against,
    numberSpread(figures.testLoss, 3),
    numberSpread(figures.calibrationError, 3),
    duration(figures.secondsPerRun.mean * 1000),
  ];
}

/** Table of a comparison for a terminal. */
export function comparisonText(summary: ComparisonSummary): string {
  const { head, rows } = tableCells(summary);
  return textTable(head, rows);
}

export function markdownTable(summary: ComparisonSummary): string {
  const { head, rows } = tableCells(summary);
  const line = (cells: string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${head.map((_, i) => (i === 0 ? '---' : '---:')).join('|')}|`, ...rows.map(line)].join('\n');
}

/** One row a method, all figures at full precision; fractions, not per cent. */
export function methodsCsv(summary: ComparisonSummary): string {
  const head = [
    'method',
    'n',
    'failed',
    'validation_top1_mean',
    'validation_top1_sd',
    'test_top1_mean',
    'test_top1_sd',
    'test_top5_mean',
    'test_top5_sd',
    'test_loss_mean',
    'test_loss_sd',
    'test_ece_mean',
    'test_ece_sd',
    'teacher_agreement_mean',
    'seconds_mean',
    'baseline',
    'paired_n',
    'test_top1_difference_mean',
    'test_top1_difference_sd',
    'test_top1_difference_low95',
    'test_top1_difference_high95',
    'validation_top1_difference_mean',
    'validation_top1_difference_sd',
  ];
  const rows = summary.methods.map(({ label, seeds, failedSeeds, figures: f, difference: d }) => [
    label,
    seeds.length,
    failedSeeds.length,
    f?.validationTop1.mean,
    f?.validationTop1.sd,
    f?.testTop1.mean,
    f?.testTop1.sd,
    f?.testTop5.mean,
    f?.testTop5.sd,
    f?.testLoss.mean,
    f?.testLoss.sd,
    f?.calibrationError.mean,
    f?.calibrationError.sd,
    f?.teacherAgreement?.mean,
    f?.secondsPerRun.mean,
    summary.baseline,
    d?.test.n,
    d?.test.mean,
    d?.test.sd,
    d?.test.interval?.[0],
    d?.test.interval?.[1],
    d?.validation.mean,
    d?.validation.sd,
  ]);
  return csv([head, ...rows]);
}

/** One row a training, in the order of the grid; a failed one says why. */
export function cellsCsv(results: readonly CellResult[], failures: readonly CellFailure[]): string {
  const head = [
    'method',
    'seed',
    'status',
    'validation_top1',
    'validation_top5',
    'test_top1',
    'test_top5',
    'test_loss',
    'test_ece',
    'test_brier',
    'test_risk_at_80',
    'temperature',
    'test_ece_scaled',
    'test_brier_scaled',
    'test_risk_at_80_scaled',
    'teacher_agreement',
    'epochs',
    'seconds',
    'images_per_second',
    'engine',
    'reason',
  ];
  const done = results.map(
    ({ label, seed, validation, test, probabilities, teacherAgreement, epochs, seconds, imagesPerSecond, engine }) => [
      label,
      seed,
      'finished',
      validation.top1,
      validation.top5,
      test.top1,
      test.top5,
      test.loss,
      test.calibrationError,
      probabilities?.[0].brierScore,
      probabilities?.[0].riskAtCoverage,
      probabilities?.[1].temperature,
      probabilities?.[1].calibrationError,
      probabilities?.[1].brierScore,
      probabilities?.[1].riskAtCoverage,
      teacherAgreement ?? undefined,
      epochs.length,
      seconds,
      imagesPerSecond,
      engine,
      undefined,
    ],
  );
  const failed = failures.map(({ label, seed, diverged, reason }) => [
    label,
    seed,
    diverged ? 'diverged' : 'failed',
    ...Array<undefined>(17).fill(undefined),
    reason,
  ]);
  return csv([head, ...done, ...failed]);
}

/** RFC 4180: quotes where they are needed, CRLF between rows. */
function csv(rows: readonly (readonly (string | number | undefined)[])[]): string {
  const field = (value: string | number | undefined): string => {
    const text = value === undefined ? '' : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return rows.map((cells) => `${cells.map(field).join(',')}\r\n`).join('');
}

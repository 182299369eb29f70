/** The comparison as text for people. */
import { textTable } from '../../pipeline/support/text-table.ts';
import { headings } from './breakdown.ts';
import type { CaseComparison } from './compare-case.ts';
import type { Quartiles } from './statistics.ts';

const ms = ({ median, low, high, least }: Quartiles): string =>
  `${median.toFixed(1)} (${low.toFixed(1)}…${high.toFixed(1)}), ${least.toFixed(1)}`;
const times = ({ median, low, high }: Quartiles): string => `${median.toFixed(2)} (${low.toFixed(2)}…${high.toFixed(2)})`;

/** @param quiet whether the machine was ours alone: a bar is judged only then */
export function comparisonTable(results: CaseComparison[], quiet: boolean): string {
  const rows = results.map((r) => [
    r.name,
    ms(r.oursMs),
    ms(r.pytorchMs),
    r.oursImagesPerSecond.toFixed(0),
    r.pytorchImagesPerSecond.toFixed(0),
    times(r.ratio),
    r.agreement.error.toExponential(0),
    r.realTraining ? r.realTraining.imagesPerSecond.median.toFixed(0) : '',
    r.realTraining ? times(r.realTraining.ratio) : '',
    judged(r, quiet),
  ]);
  return textTable(
    [
      'case',
      'ours, ms a step: median (quartiles), least',
      'PyTorch, ms',
      'ours, images/s',
      'PyTorch',
      'ours / PyTorch',
      'loss differs by',
      'trainer, images/s',
      'trainer / PyTorch',
      'bar',
    ],
    rows,
  );
}

/** Against what a run does where that was measured, else against the step alone. */
function judged({ bar, ratio, realTraining }: CaseComparison, quiet: boolean): string {
  if (bar === undefined) return '';
  if (!quiet) return `${bar} not judged`;
  return `${bar} ${(realTraining?.ratio ?? ratio).median >= bar ? 'reached' : 'MISSED'}`;
}

/** Milliseconds of a step by heading; a heading that no case has is left out. */
export function breakdownTable(results: CaseComparison[]): string {
  const shown = results.filter((r) => r.breakdown);
  if (shown.length === 0) return 'no breakdown';
  const present = headings.filter((heading) => shown.some((r) => r.breakdown!.ms[heading] >= 0.005));
  const rows = present.map((heading) => [
    heading,
    ...shown.map(
      (r) =>
        `${r.breakdown!.ms[heading].toFixed(1)}  ${((100 * r.breakdown!.ms[heading]) / r.breakdown!.totalMs).toFixed(0).padStart(2)} %`,
    ),
  ]);
  rows.push(['step', ...shown.map((r) => r.breakdown!.totalMs.toFixed(1))]);
  rows.push(['native ops a step', ...shown.map((r) => r.breakdown!.ops.toFixed(0))]);
  return textTable(['ms a step', ...shown.map((r) => r.name)], rows);
}

/** Table of what this machine's convolutions would allow, beside the measured steps. */
export function peakTable(results: CaseComparison[]): string {
  const rows = results.flatMap(({ name, peak, oursMs, pytorchMs }) =>
    peak
      ? [
          [
            name,
            peak.gigaflopsPerSecond.toFixed(0),
            peak.layer,
            peak.gigaflopsPerStep.toFixed(1),
            peak.boundMs.toFixed(0),
            `${((100 * peak.boundMs) / oursMs.median).toFixed(0)} %`,
            `${((100 * peak.boundMs) / pytorchMs.median).toFixed(0)} %`,
          ],
        ]
      : [],
  );
  return textTable(
    ['case', 'convolution peak, GFLOP/s', 'its layer', 'GFLOP a step', 'ms at the peak', 'ours reaches', 'PyTorch reaches'],
    rows,
  );
}

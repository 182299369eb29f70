/** Confidence of the students, beside how often they are right. */
import type { CellResult } from '../cell-result.ts';
import { percent } from '../../support/progress.ts';
import { calibrationErrorOf, type ReliabilityBin } from '../../evaluation/temperature.ts';
import type { ReportedMethod } from './reported-method.ts';
import { charts, figure, htmlTable } from '../../support/charts/page.ts';
import { reliabilityDiagram } from '../../support/charts/reliability-diagram.ts';

export function reliabilitySection(methods: ReportedMethod[]): string {
  const figures = methods.map(({ label, cells }) => {
    const bins = summed(cells);
    const rows = bins
      .filter(({ count }) => count > 0)
      .map(({ lower, upper, count, correct, confidence }) => [
        `${(100 * lower).toFixed(0)} to ${(100 * upper).toFixed(0)} %`,
        String(count),
        percent(correct / count),
        percent(confidence / count),
      ]);
    // Of the bins together; the table of results has the mean of the seeds' own.
    const title = `${label}: ECE ${calibrationErrorOf(bins).toFixed(3)}${cells.length > 1 ? ' of all seeds together' : ''}`;
    return figure(
      title,
      reliabilityDiagram(`Reliability diagram of ${label}`, bins),
      htmlTable(['confidence', 'images', 'right', 'mean confidence'], rows),
    );
  });
  return `<h2>Can its confidence be trusted?</h2>
<p class="small">On the test set, without temperature scaling. <b class="right">■</b> how often it is right, by how sure it is; <b class="wrong">■</b> the gap to how sure it is. On the dashed line both agree. Below: the share of images in each bin.</p>
${charts(figures, 'narrow')}`;
}

function summed(cells: readonly CellResult[]): ReliabilityBin[] {
  const over = (i: number, part: (bin: ReliabilityBin) => number): number =>
    cells.reduce((sum, { reliability }) => sum + part(reliability[i]), 0);
  return cells[0].reliability.map(({ lower, upper }, i) => ({
    lower,
    upper,
    count: over(i, ({ count }) => count),
    correct: over(i, ({ correct }) => correct),
    confidence: over(i, ({ confidence }) => confidence),
  }));
}

/** Writes the result, its certainty and the next step in sentences, from the figures alone. */
import type { CellResult } from './cell-result.ts';
import { differingSettings } from './differing-settings.ts';
import type { SearchOutcome } from './search.ts';
import type { ComparisonSummary, MethodSummary, PairedDifference } from './summary.ts';
import { CONFIDENCE, LEAST_FOR_INTERVAL } from './statistics.ts';
import { percentSpread, points } from './figures-text.ts';

type Measured = MethodSummary & { figures: NonNullable<MethodSummary['figures']> };
type Compared = Measured & { difference: NonNullable<MethodSummary['difference']> };

/** One sentence (two where one would lie). */
export function conclusion(summary: ComparisonSummary): string {
  const measured = summary.methods.filter((method): method is Measured => method.figures !== undefined);
  if (measured.length === 0)
    return summary.failures.length > 0 ? 'No training finished: there is nothing to compare.' : 'No training is finished yet.';
  const baseline = measured.find(({ label }) => label === summary.baseline);
  const compared = measured.filter((method): method is Compared => method.difference !== undefined);
  if (!baseline || compared.length === 0) {
    const [best] = sortedByTest(measured);
    return `${best.label} reaches ${percentSpread(best.figures.testTop1)} test top-1 (${runs(best.seeds.length)}); without a finished baseline of the same seed there is nothing to compare it with.`;
  }
  const best = [...compared].sort((a, b) => b.difference.test.mean - a.difference.test.mean)[0];
  const { test } = best.difference;
  const among = compared.length > 1 ? `, the best of ${compared.length} compared with it,` : '';
  const claim =
    test.mean > 0
      ? `${best.label}${among} is ${points(test.mean).slice(1)} points of test top-1 above ${summary.baseline} (${percentSpread(best.figures.testTop1)} against ${percentSpread(baseline.figures.testTop1)})`
      : `No method is above ${summary.baseline} (${percentSpread(baseline.figures.testTop1)} test top-1): the nearest, ${best.label}, differs by ${points(test.mean)} points`;
  return `${claim}${certainty(test)}`;
}

const sortedByTest = (methods: Measured[]): Measured[] => [...methods].sort((a, b) => b.figures.testTop1.mean - a.figures.testTop1.mean);
const runs = (n: number): string => `${n} ${n === 1 ? 'seed' : 'seeds'}`;

function certainty({ n, perSeed, mean, interval }: PairedDifference): string {
  if (!interval) {
    if (n >= LEAST_FOR_INTERVAL) return `; all ${n} paired seeds differ by just that much, from which no interval can be made.`;
    return n === 1
      ? '; from one seed alone nothing can be said of how much of that is chance.'
      : `; ${n} paired seeds are too few for an interval (${LEAST_FOR_INTERVAL} are the least), so take it as a hint.`;
  }
  const range = `over ${n} paired seeds the ${100 * CONFIDENCE} % interval of that difference is ${points(interval[0])} to ${points(interval[1])} points`;
  if (interval[0] > 0 || interval[1] < 0) return `; ${range}, which leaves out 0: unlikely to be chance of the seeds.`;
  const sameSign = perSeed.filter((difference) => Math.sign(difference) === Math.sign(mean)).length;
  return `; ${range}, which holds 0 (${sameSign} of ${n} seeds have that sign): these runs do not tell the two apart.`;
}

/** Limits of the figures, beside the chance of the seeds. */
export function caveats(summary: ComparisonSummary, results: readonly CellResult[]): string[] {
  const compared = results.filter(({ label }) => summary.methods.some((method) => method.label === label));
  const first = compared.at(0);
  if (!first) return [];
  const { configuration, test } = first;
  const against = summary.methods.filter(({ difference }) => difference).length;
  const standardError = Math.sqrt((test.top1 * (1 - test.top1)) / test.count);
  return [
    configuration.quick ? 'A quick run on a subset: it proves the stages, its figures are no result.' : '',
    configuration.trainLimit > 0 ? `Trained on ${first.data.counts.train.toLocaleString('en')} images only (--train-limit).` : '',
    summary.finished < summary.wanted
      ? `${summary.finished} of ${summary.wanted} trainings are finished${summary.failures.length > 0 ? `, ${summary.failures.length} failed` : ''}; the figures are of those.`
      : '',
    ...differingSettings(compared).map(({ key, values }) => `Rows differ in ${key}: ${differenceText(values)}.`),
    summary.search ? searchText(summary.search) : '',
    `Seeds vary initial weights, order and views; the split, the teacher and the ${test.count.toLocaleString('en')} test images are the same for all, and that many test images alone leave a standard error of ${(100 * standardError).toFixed(2)} points on one accuracy (less on a difference of two students measured on the same images).`,
    against > 1 && summary.methods.some(({ difference }) => difference?.test.interval)
      ? `${against} methods are each compared with ${summary.baseline} at ${100 * CONFIDENCE} %, without a correction for their number: that one of several leaves out 0 by chance is likelier than 1 in 20.`
      : '',
    'All figures are of the last epoch; no epoch was chosen by its accuracy.',
  ].filter(Boolean);
}

const searchText = ({ seed, rows }: SearchOutcome): string =>
  `Rows were chosen by validation top-1 under seed ${seed}: ${rows.map(({ row, chosen, tried }) => `${row} of ${tried.length}${tried.length > 1 ? ` is ${chosen}` : ''}`).join(', ')}.`;

/** `0.05 (ce, kd), 0.025 (sld)`. */
function differenceText(values: Readonly<Record<string, unknown>>): string {
  const shown = Object.entries(values).map(([label, value]) => [label, JSON.stringify(value)]);
  const labelsOf = (text: string): string => shown.flatMap(([label, other]) => (other === text ? label : [])).join(', ');
  return [...new Set(shown.map(([, text]) => text))].map((text) => `${text} (${labelsOf(text)})`).join('; ');
}

export function nextSteps(summary: ComparisonSummary, results: readonly CellResult[], folderOf: (result: CellResult) => string): string[] {
  const undecided = summary.methods.filter(
    ({ difference }) => difference && !(difference.test.interval && (difference.test.interval[0] > 0 || difference.test.interval[1] < 0)),
  );
  const paired = Math.max(0, ...undecided.map(({ difference }) => difference!.test.n));
  // Chosen by validation: choosing by the test set would spoil the figure.
  const best = [...results].sort((a, b) => b.validation.top1 - a.validation.top1).at(0);
  return [
    summary.finished + summary.failures.length < summary.wanted ? 'Repeat the command: it goes on where it stopped.' : '',
    summary.failures.length > 0
      ? 'See why trainings failed (below); a lower --learning-rate or --warmup-epochs above 0 is the usual remedy for a loss that diverges.'
      : '',
    undecided.length > 0
      ? `Undecided: ${undecided.map(({ label }) => label).join(', ')} against ${summary.baseline}. Repeat the command with more seeds (--seeds ${Math.max(5, 2 * paired)}); the finished ones are kept.`
      : '',
    best
      ? `Package the student of the highest validation top-1 (${best.label}, seed ${best.seed}): npm run package -- --student ${folderOf(best)}/student.safetensors`
      : '',
  ].filter(Boolean);
}

/** The page of `npm run quantize`: what each way to store the weights costs, which mix was chosen and how, and what became of each layer. */
import { percent } from '../support/progress.ts';
import { encodings, storageName } from './encodings.ts';
import { kilobytes, type MeasuredMix, type MixReport } from './mixed/compare-mixes.ts';
import type { MeasuredUnit } from './mixed/layer-damage.ts';
import { page, figure, htmlTable } from '../support/charts/page.ts';
import { sizeChart, type SizePoint, type SizeSeries } from '../support/charts/size-chart.ts';
import { escape, seriesClass } from '../support/charts/svg.ts';

export interface QuantizationReportInput {
  title: string;
  /** The model that was quantized, in one line. */
  subject: string;
  report: MixReport;
  maxDrop: number;
  budgetBytes?: number;
  calibrationCount: number;
  gate: { pass: boolean };
  /** The command that made it. */
  command: string;
}

export function quantizationReport({
  title,
  subject,
  report,
  maxDrop,
  budgetBytes,
  calibrationCount,
  gate,
  command,
}: QuantizationReportInput): string {
  const { variants } = report;
  const [float32, chosen] = [variants[0], variants.find(({ kind }) => kind === 'chosen')!];
  return page(title, [
    `<p class="lead">${escape(leadOf(float32, chosen))}</p>`,
    `<p>${escape(subject)}</p>`,
    `<p>${escape(howChosen(report, maxDrop, budgetBytes))} ${gate.pass ? '' : `That is <b>more</b> than the ${maxDrop} points that are allowed. `}On the test images, which had no say in it, top-1 dropped ${chosen.drop.toFixed(2)} ± ${chosen.dropStandardError.toFixed(2)} points.</p>`,
    '<h2>Size against accuracy</h2>',
    figure(
      'Top-1 on the test images over bytes of weights',
      sizeChart('Top-1 on the test images over bytes of weights', seriesOf(variants), floorOf(variants)),
    ),
    legend(variants),
    '<p class="small">Bars: one standard error of the difference to float32, from the images that one of the two alone gets right. A triangle that points down at the bottom edge: below the axis.</p>',
    htmlTable(
      ['variant', 'opens in', 'bytes of weights', 'of float32', 'top-1', 'drop, points', 'top-5', 'agrees with float32'],
      variants.map((row) => [
        row.variant,
        row.opens,
        row.weightBytes.toLocaleString('en'),
        percent(row.weightBytes / float32.weightBytes),
        percent(row.top1),
        row === float32 ? '–' : `${row.drop.toFixed(2)} ± ${row.dropStandardError.toFixed(2)}`,
        percent(row.top5),
        percent(row.agreementWithFloat32),
      ]),
      { caption: captionOf(variants), best: (i) => variants[i] === chosen },
    ),
    '<p class="small">“Plain”: the scale at which the largest weight is the largest level; “learned”: the levels that change a layer’s outputs least on training images; the others search for the scale of least squared error. Mixes learn their 4-bit levels, layer after layer, and have their biases corrected for the means that rounding shifts; one encoding throughout has not. Files of “stock tfjs” open in <code>tf.loadGraphModel</code>, those of “our loader” only where their weights are decoded first. All of them compute in float32 but for integers.</p>',
    '<h2>What storing does to each layer</h2>',
    `<p>Each layer alone in each encoding, its biases corrected, all others in float32: mean Kullback-Leibler divergence of the answers from float32's on ${calibrationCount.toLocaleString('en')} training images, in thousandths of a nat. The layer whose worst encoding does most comes first.</p>`,
    layerTable(report),
    `<details class="small"><summary>Made with</summary><pre class="command">${escape(command)}</pre>${htmlTable(
      ['encoding', 'what it is', 'opens in'],
      Object.entries(encodings).map(([name, { summary, stock }]) => [name, summary, stock ? 'stock tfjs' : 'our loader']),
    )}</details>`,
  ]);
}

/** Comparisons may be made on fewer images than the result. */
function captionOf(variants: readonly MeasuredMix[]): string {
  const counts = variants.map(({ count }) => count);
  const [most, least] = [Math.max(...counts), Math.min(...counts)].map((count) => count.toLocaleString('en'));
  return most === least
    ? `${most} test images`
    : `float32 and the chosen mix on ${most} test images, others on ${least} of them; drops are against float32's answers to the same`;
}

function leadOf(float32: MeasuredMix, chosen: MeasuredMix): string {
  const change = chosen.drop >= 0 ? `${chosen.drop.toFixed(2)} points below` : `${(-chosen.drop).toFixed(2)} points above`;
  return `${kilobytes(chosen.weightBytes)} of weights instead of ${kilobytes(float32.weightBytes)} (${(float32.weightBytes / chosen.weightBytes).toFixed(1)} times smaller): top-1 ${percent(chosen.top1)} of ${chosen.count.toLocaleString('en')} test images, ${change} float32's ${percent(float32.top1)} (± ${chosen.dropStandardError.toFixed(2)}); ${percent(chosen.agreementWithFloat32)} of the answers are the same.`;
}

export function howChosen({ choice }: Pick<MixReport, 'choice'>, maxDrop: number, budgetBytes?: number): string {
  const { validation, tried } = choice;
  const drop = `${validation.drop.toFixed(2)} ± ${validation.dropStandardError.toFixed(2)} points on ${validation.count.toLocaleString('en')} validation images`;
  if (choice.by === 'budget')
    return `The mix is the one of least expected damage within ${budgetBytes!.toLocaleString('en')} bytes; its drop is ${drop}.`;
  return `The mix is the smallest found whose drop on the validation images, with one standard error, is at most ${maxDrop} points (it is ${drop}); ${tried.length === 1 ? '1 mix was' : `${tried.length} mixes were`} measured on them.`;
}

const KINDS: { kind: MeasuredMix['kind']; name: string; style: number; line?: boolean; labelled?: boolean }[] = [
  { kind: 'mix', name: 'mixes along the budget', style: 1, line: true },
  { kind: 'plain', name: 'plain rounding', style: 3 },
  { kind: 'uniform', name: 'one encoding throughout', style: 0, labelled: true },
  { kind: 'integer', name: 'integer arithmetic', style: 2, labelled: true },
  { kind: 'chosen', name: 'the chosen mix', style: 4, labelled: true },
];

function seriesOf(variants: readonly MeasuredMix[]): SizeSeries[] {
  // Below float32 by the drop, which is comparable whatever images it was measured on.
  const point = ({ variant, weightBytes, drop, dropStandardError }: MeasuredMix): SizePoint => ({
    name: variant,
    bytes: weightBytes,
    accuracy: variants[0].top1 - drop / 100,
    error: dropStandardError / 100,
  });
  return KINDS.flatMap(({ kind, ...series }) => {
    const points = variants.filter((row) => row.kind === kind).map(point);
    return points.length > 0 ? [{ ...series, points }] : [];
  });
}

/** Fifteen points below float32, or where the chosen mix needs more: what lies lower is broken. */
const floorOf = (variants: readonly MeasuredMix[]): number =>
  Math.max(0, Math.min(variants[0].top1 - 0.15, variants.find(({ kind }) => kind === 'chosen')!.top1 - 0.02));

function legend(variants: readonly MeasuredMix[]): string {
  const items = KINDS.filter(({ kind }) => variants.some((row) => row.kind === kind)).map(
    ({ name, style }) =>
      `<li class="${seriesClass(style)}"><span>${['●', '◆', '■', '▲', '★'][style]}</span><span>${escape(name)}</span></li>`,
  );
  return `<ul class="legend">${items.join('')}</ul>`;
}

/** Thousandths of a nat in two digits. */
export function millinats(nats: number): string {
  const value = 1000 * nats;
  if (value >= 99.5) return value.toFixed(0);
  return value >= 0.001 || value === 0 ? value.toPrecision(2) : '< 0.001';
}

/** Units by what their coarsest choice does, worst first. */
export const worstFirst = (units: readonly MeasuredUnit[]): MeasuredUnit[] => [...units].sort((a, b) => coarsest(b) - coarsest(a));

const coarsest = ({ choices }: MeasuredUnit): number => choices.reduce((most, { damage }) => Math.max(most, damage), 0);

function layerTable({ units, chosen }: MixReport): string {
  const names = units
    .map(({ storages }) => storages.map(storageName))
    .reduce((longest, own) => (own.length > longest.length ? own : longest), [])
    .filter((name) => name !== 'float32');
  const selected = new Map(units.map(({ name }, i) => [name, chosen[i]]));
  const rows = worstFirst(units).map((unit) => {
    const own = selected.get(unit.name)!;
    const damages = names.map((name) => unit.choices.find((choice) => storageName(choice) === name)?.damage);
    return [
      unit.name,
      unit.choices[0].bytes.toLocaleString('en'),
      ...damages.map((damage) => (damage === undefined ? '–' : millinats(damage))),
      storageName(own),
      own.bytes.toLocaleString('en'),
      percent(own.relativeError),
    ];
  });
  return htmlTable(['layer', 'float32 bytes', ...names, 'chosen', 'bytes', 'relative error of the weights'], rows);
}

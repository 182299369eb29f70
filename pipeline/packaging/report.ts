/** `report.html` of a package: one self-contained page, no scripts. What was made, how well it does, where it errs. */
import type { Manifest } from '@sld-edge/runtime';
import { expectedCalibrationError, reliabilityBins } from '../evaluation/temperature.ts';
import { lineChart } from '../support/charts/line-chart.ts';
import { charts, figure, htmlTable, page } from '../support/charts/page.ts';
import { reliabilityDiagram } from '../support/charts/reliability-diagram.ts';
import { escape } from '../support/charts/svg.ts';
import { calibrationText } from './calibration-text.ts';
import { defaultVariantOf } from './choose-variants.ts';
import type { PackageInput } from './package-input.ts';
import { classesSection } from './report/classes.ts';
import { headline, warningBox } from './report/headline.ts';
import { mistakesSection } from './report/mistakes.ts';
import { sizeSection } from './report/size.ts';

export async function htmlReport(input: PackageInput, manifest: Omit<Manifest, 'version'>): Promise<string> {
  const { record, variants, data } = input;
  const name = defaultVariantOf(input.packaged);
  const { testLogits } = variants[name]!;
  const { temperature } = manifest.calibration;
  return page(manifest.title, [
    warningBox(input, manifest),
    `<p class="lead">${escape(input.networkName)}, ${input.parameters.toLocaleString('en')} parameters, trained by <b>${escape(record.configuration.method)}</b> for ${record.history.length} epochs (seed ${record.configuration.seed})${record.teacher ? ` from ${escape(record.teacher.name)}` : ''}.</p>`,
    headline(input, name),
    sizeSection(input),
    await mistakesSection(data, testLogits, temperature),
    await classesSection(name, testLogits, data.test.labels, data.labels),
    calibrationSection(input, manifest),
    trainingSection(input),
    planSection(input),
    `<h2>For the record</h2>
<details><summary>What quantization does to each layer</summary>${layerTable(input)}</details>`,
    `<details><summary>Provenance: configuration, data, teacher, software</summary><pre>${escape(JSON.stringify(manifest.provenance, null, 2))}</pre></details>`,
  ]);
}

function calibrationSection({ variants, packaged, data }: PackageInput, manifest: Omit<Manifest, 'version'>): string {
  const name = defaultVariantOf(packaged);
  const { temperature } = manifest.calibration;
  const { labels } = data.test;
  const { testLogits } = variants[name]!;
  const bins = reliabilityBins(testLogits, labels, data.labels.length, temperature);
  const error = expectedCalibrationError(testLogits, labels, data.labels.length, temperature);
  const lines = Object.entries(manifest.variants).flatMap(([variant, { calibration }]) =>
    calibration ? [`<li>${variant}: ${escape(calibrationText(calibration))}</li>`] : [],
  );
  return `<h2>How sure it is</h2>${charts(
    [
      figure(
        `${name} at temperature ${temperature}: how often it is right, by how sure it is (expected calibration error ${error.toFixed(4)})`,
        reliabilityDiagram('Reliability diagram', bins),
      ),
      `<div><p>A probability of 80 % should be right in 80 of 100 cases: then bars end on the line.</p><ul>${lines.join('')}</ul></div>`,
    ],
    'pair',
  )}`;
}

function trainingSection({ record: { history } }: PackageInput): string {
  const last = history.at(-1);
  if (!last) return '';
  const losses = Object.keys(last.losses).filter((name) => name !== 'total');
  const top1 = [
    { name: 'training', values: history.map(({ trainingTop1 }) => trainingTop1) },
    { name: 'validation', values: history.map(({ validationTop1 }) => validationTop1) },
  ];
  const byName = losses.map((name) => ({
    name,
    values: history.filter((epoch) => name in epoch.losses).map((epoch) => epoch.losses[name]),
  }));
  return `<h2>Learning curves</h2>${charts(
    [
      figure(
        'Top-1',
        lineChart('Top-1', top1, (value) => `${(100 * value).toFixed(1)} %`),
      ),
      ...(byName.length > 0
        ? [
            figure(
              'Losses',
              lineChart('Losses', byName, (value) => value.toPrecision(3)),
            ),
          ]
        : []),
    ],
    'pair',
  )}`;
}

const planSection = ({ record: { plan = [] } }: PackageInput): string =>
  plan.length > 0
    ? `<h2>What was planned</h2><pre class="command">${plan.map(escape).join('\n')}</pre><p class="small">Times are those that the plan expected on the machine of the run.</p>`
    : '';

function layerTable({ variants }: PackageInput): string {
  const rows = [...variants.uint8.graph.layers]
    .sort((a, b) => b.relativeError - a.relativeError)
    .map(({ name, bytes, relativeError }) => [name, bytes.toLocaleString('en'), `${(100 * relativeError).toFixed(2)} %`]);
  return htmlTable(['weights, worst first', 'bytes', 'relative error'], rows);
}

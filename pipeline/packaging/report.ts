/** `report.html` of a package: one self-contained page, no scripts. What was made, how well it does, where it errs. */
import { VARIANTS, type Manifest } from '@sld-edge/runtime';
import { percent } from '../support/progress.ts';
import { defaultVariantOf, dropOf } from './choose-variants.ts';
import { entriesOf, weightBytesOf } from './measured-variant.ts';
import type { PackageInput } from './package-input.ts';
import { predictions } from '../evaluation/accuracy.ts';
import { calibrationText } from './calibration-text.ts';
import { lineChart } from '../support/charts/line-chart.ts';
import { charts, figure, page } from '../support/charts/page.ts';
import { escape } from '../support/charts/svg.ts';

export function htmlReport(input: PackageInput, manifest: Omit<Manifest, 'version'>): string {
  const { record } = input;
  const { history } = record;
  const int8Onnx = manifest.onnx?.int8;
  const last = history.at(-1);
  const lossNames = Object.keys(last?.losses ?? {}).filter((name) => name !== 'total');
  const lossSeries = lossNames.map((name) => ({
    name,
    values: history.filter(({ losses }) => name in losses).map(({ losses }) => losses[name]),
  }));
  const accuracySeries = [
    { name: 'training', values: history.map(({ trainingTop1 }) => trainingTop1) },
    { name: 'validation', values: history.map(({ validationTop1 }) => validationTop1) },
  ];
  return page(manifest.title, [
    manifest.quick ? '<p class="quick">A quick run on a subset: it proves the stages, its figures are no result.</p>' : '',
    `<p>${escape(input.networkName)}, ${input.parameters.toLocaleString('en')} parameters, trained by <b>${escape(record.configuration.method)}</b> for ${history.length} epochs (seed ${record.configuration.seed}, last epoch)${record.teacher ? ` from ${escape(record.teacher.name)} (test top-1 ${percent(record.teacher.testTop1)})` : ''}.</p>`,
    '<h2>Accuracy on the test set</h2>',
    variantTable(input),
    `<ul>${entriesOf(input.variants)
      .map(
        ([name, variant]) =>
          `<li>${name}: ${escape(VARIANTS[name].about)}${name === 'float32' ? '' : `; costs ${dropOf(input.variants.float32.accuracy, variant.accuracy).toFixed(2)} points of top-1`}</li>`,
      )
      .join('')}</ul>`,
    int8Onnx
      ? `<p>${escape(int8Onnx.model.path)}, the integer variant's quantization for other runtimes, ${int8Onnx.model.bytes.toLocaleString('en')} bytes, on ONNX Runtime: top-1 ${percent(int8Onnx.accuracy.top1)}, top-5 ${percent(int8Onnx.accuracy.top5)}, agrees with float32 on ${percent(int8Onnx.agreementWithFloat32)}.</p>`
      : '',
    `<p>8-bit weights cost ${input.gate.drop.toFixed(2)} points of top-1 on the validation images (allowed: ${input.gate.allowed}), which decide; test images are measured once and decide nothing. Of the default variant: expected calibration error ${manifest.metrics.calibrationErrorBefore.toFixed(4)} before and ${manifest.metrics.calibrationErrorAfter.toFixed(4)} after temperature ${manifest.calibration.temperature}.</p>`,
    `<h2>How sure it is</h2><ul>${Object.entries(manifest.variants)
      .map(([name, { calibration }]) => (calibration ? `<li>${name}: ${escape(calibrationText(calibration))}</li>` : ''))
      .join('')}</ul>`,
    history.length > 0
      ? `<h2>Training</h2>${charts([
          figure(
            'Top-1',
            lineChart('Top-1', accuracySeries, (value) => `${(100 * value).toFixed(1)} %`),
          ),
          figure(
            'Losses',
            lineChart('Losses', lossSeries, (value) => value.toPrecision(3)),
          ),
        ])}`
      : '',
    `<h2>Which classes are taken for which</h2><p>${defaultVariantOf(input.packaged)} on the test set; rows are the true classes.</p>`,
    confusionTable(input),
    '<h2>What quantization does to each layer</h2>',
    layerTable(input),
    `<details><summary>Provenance: configuration, data, teacher, software</summary><pre>${escape(JSON.stringify(manifest.provenance, null, 2))}</pre></details>`,
  ]);
}

function variantTable({ variants, packaged }: PackageInput): string {
  const rows = entriesOf(variants).map(([name, variant]) => {
    const { accuracy, agreementWithFloat32 } = variant;
    return `<tr><td>${name}${packaged.includes(name) ? '' : ' (not in the package)'}</td><td>${weightBytesOf(variant).toLocaleString('en')}</td><td>${percent(accuracy.top1)}</td><td>${percent(accuracy.top5)}</td><td>${percent(agreementWithFloat32)}</td><td>${accuracy.count.toLocaleString('en')}</td></tr>`;
  });
  return `<table><tr><th>variant</th><th>weight bytes</th><th>top-1</th><th>top-5</th><th>agrees with float32</th><th>images</th></tr>${rows.join('')}</table>`;
}

function confusionTable({ variants, packaged, data }: PackageInput): string {
  const classes = data.labels.length;
  if (classes > 20) return `<p>Left out: a table of ${classes} classes is not legible.</p>`;
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  predictions(variants[defaultVariantOf(packaged)]!.testLogits, classes).forEach(
    (predicted, i) => counts[data.test.labels[i]][predicted]++,
  );
  const head = data.labels.map((label) => `<th>${escape(label)}</th>`).join('');
  const rows = counts.map((row, label) => {
    const total = row.reduce((sum, count) => sum + count, 0) || 1;
    const cells = row.map(
      (count, predicted) =>
        `<td${count > 0 ? ` style="background:${predicted === label ? 'rgb(37 99 235' : 'rgb(217 119 6'} / ${(0.15 + (0.75 * count) / total).toFixed(2)})"` : ''}>${count || ''}</td>`,
    );
    return `<tr><td>${escape(data.labels[label])}</td>${cells.join('')}</tr>`;
  });
  return `<div style="overflow:auto"><table class="confusion"><tr><th></th>${head}</tr>${rows.join('')}</table></div>`;
}

function layerTable({ variants }: PackageInput): string {
  const rows = [...variants.uint8.graph.layers]
    .sort((a, b) => b.relativeError - a.relativeError)
    .map(
      ({ name, bytes, relativeError }) =>
        `<tr><td>${escape(name)}</td><td>${bytes.toLocaleString('en')}</td><td>${(100 * relativeError).toFixed(2)} %</td></tr>`,
    );
  return `<table><tr><th>weights, worst first</th><th>bytes</th><th>relative error</th></tr>${rows.join('')}</table>`;
}

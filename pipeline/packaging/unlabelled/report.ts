/** `report.html` of a package of somebody's weights: what was measured without labels, and what the variants say of its samples. */
import { VARIANTS, type Manifest, type VariantName } from '@sld-edge/runtime';
import { charts, htmlTable, page } from '../../support/charts/page.ts';
import { escape } from '../../support/charts/svg.ts';
import { percent } from '../../support/progress.ts';
import { predictions } from '../../evaluation/accuracy.ts';
import { defaultVariantOf } from '../choose-variants.ts';
import { entriesOf, weightBytesOf } from '../measured-variant.ts';
import { byteText } from '../report/headline.ts';
import { publishedText, reportedOn } from './origin.ts';
import type { WeightsPackage } from './weights-package.ts';

const SIDE = 128;

export function weightsReport(input: WeightsPackage, manifest: Omit<Manifest, 'version'>): string {
  const { data, variants, packaged, weights } = input;
  const name = defaultVariantOf(packaged);
  const { accuracy } = variants[name]!;
  const tiles: [figure: string, what: string][] = [
    [percent(accuracy.top1), `of ${reportedOn(input)}: float32's answer is that of ${name}`],
    [percent(accuracy.top5), 'float32’s answer is among its first five'],
    [byteText(weightBytesOf(variants[name]!)), `of weights: the variant ${name}, ${VARIANTS[name].about}`],
    ...(weights.model
      ? ([[percent(weights.model.top1), 'published top-1 of the float32 weights, not measured here']] as [string, string][])
      : []),
  ];
  const rows = entriesOf(variants).map(([variant, measured]) => [
    `${variant}${packaged.includes(variant) ? '' : ' (not in the package)'}`,
    weightBytesOf(measured).toLocaleString('en'),
    percent(measured.accuracy.top1),
    percent(measured.accuracy.top5),
  ]);
  return page(manifest.title, [
    `<p class="lead">${escape(input.networkName)}, ${input.parameters.toLocaleString('en')} parameters, packaged as it was, without training.</p>`,
    `<ul class="tiles">${tiles.map(([figure, what]) => `<li><b>${escape(figure)}</b><span>${escape(what)}</span></li>`).join('')}</ul>`,
    `<p>${escape(publishedText(input))}</p>`,
    `<h2>Agreement with float32</h2>${charts(
      [
        `<div>${htmlTable(['variant', 'weight bytes', "float32's answer", 'among the first five'], rows, { caption: `On ${reportedOn(input)}`, best: (row) => entriesOf(variants)[row][0] === name })}<p class="small">The pictures had no labels. A variant is packaged if it has float32's answer on ${percent(input.minAgreement)} of ${data.validation.count} other pictures that calibrated nothing either.</p></div>`,
      ],
      'pair',
    )}`,
    samplesSection(input, name),
    `<h2>For the record</h2><details><summary>What 8 bits do to each layer</summary>${layerTable(input)}</details>`,
    `<details><summary>Provenance</summary><pre>${escape(JSON.stringify(manifest.provenance, null, 2))}</pre></details>`,
  ]);
}

/** The pictures that the package carries, with float32's answer and the default variant's. */
function samplesSection({ samples, goldens, data }: WeightsPackage, name: VariantName): string {
  if (samples.length === 0) return '';
  const items = samples.map(
    ({ label, jpeg }) =>
      `<li><img src="data:image/jpeg;base64,${Buffer.from(jpeg).toString('base64')}" alt="${escape(label)}" width="${SIDE}" height="${SIDE}"><span>${escape(label)}</span></li>`,
  );
  const classes = data.labels.length;
  const [float32, own] = [goldens.variants.float32, goldens.variants[name]!].map(({ validationLogits }) =>
    predictions(validationLogits, classes),
  );
  const same = own.filter((answer, i) => answer === float32[i]).length;
  return `<h2>Samples</h2><p>${name} says the same as float32 of ${same} of ${own.length} pictures from which the goldens were chosen.</p><ul class="gallery">${items.join('')}</ul>`;
}

function layerTable({ variants }: WeightsPackage): string {
  const rows = [...variants.uint8.graph.layers]
    .sort((a, b) => b.relativeError - a.relativeError)
    .map(({ name, bytes, relativeError }) => [name, bytes.toLocaleString('en'), percent(relativeError)]);
  return htmlTable(['weights, worst first', 'bytes', 'relative error'], rows);
}

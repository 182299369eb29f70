/** The few figures that the report opens with, and the warnings that go before all of them. */
import { VARIANTS, type Manifest, type VariantName } from '@sld-edge/runtime';
import { validationGapWarning } from '../../evaluation/validation-gap.ts';
import { escape } from '../../support/charts/svg.ts';
import { percent } from '../../support/progress.ts';
import { weightBytesOf } from '../measured-variant.ts';
import type { PackageInput } from '../package-input.ts';
import { msText, type Speed } from '../speed.ts';

export function headline(input: PackageInput, name: VariantName): string {
  const { record, variants, data, speed } = input;
  const { accuracy } = variants[name]!;
  const { teacher } = record;
  const bytes = weightBytesOf(variants[name]!);
  const tiles: [figure: string, what: string][] = [
    [percent(accuracy.top1), `of ${accuracy.count.toLocaleString('en')} test images are right (top-1)`],
    [byteText(bytes), `of weights: the variant ${name}, ${VARIANTS[name].about}`],
    ...(speed?.variants[name] ? [[msText(speed.variants[name].milliseconds), speedTile(speed)] as [string, string]] : []),
    ...(teacher ? [[percent(teacher.testTop1), teacherText(input, bytes)] as [string, string]] : []),
    [
      data.labels.length.toLocaleString('en'),
      `classes, learnt from ${record.data.counts.train.toLocaleString('en')} images of ${record.data.name}`,
    ],
  ];
  return `<ul class="tiles">${tiles.map(([figure, what]) => `<li><b>${escape(figure)}</b><span>${escape(what)}</span></li>`).join('')}</ul>`;
}

const speedTile = ({ machine, teacher }: Speed): string =>
  `is what an image takes on ${machine}${teacher ? `; the teacher's ${msText(teacher.milliseconds)} on ${teacher.backend}` : ''}`;

function teacherText({ record: { teacher } }: PackageInput, bytes: number): string {
  const { name, weightBytes } = teacher!;
  const times = weightBytes === undefined ? 0 : Math.round(weightBytes / bytes);
  const size =
    weightBytes === undefined ? '' : `, with ${byteText(weightBytes)} of weights${times > 1 ? `, ${times} times the student's` : ''}`;
  return `is the teacher's top-1: ${name}${size}`;
}

/** Warnings that the run gave about its figures, as a box; empty where there is none. */
export function warningBox({ variants }: PackageInput, { quick }: Pick<Manifest, 'quick'>): string {
  const gap = validationGapWarning(variants.float32.validation, variants.float32.accuracy);
  return [
    quick ? '<p class="quick">A quick run on a subset: it proves the stages, its figures are no result.</p>' : '',
    gap ? `<p class="quick">${escape(gap.charAt(0).toUpperCase() + gap.slice(1))}.</p>` : '',
  ].join('');
}

/** Bytes in the unit in which they have one to three digits. */
export const byteText = (bytes: number): string =>
  bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : bytes >= 1000 ? `${(bytes / 1000).toFixed(0)} kB` : `${bytes} B`;

/** Accuracy against bytes: the student's variants, and the teacher where its size is known. */
import { VARIANTS } from '@sld-edge/runtime';
import { charts, figure, htmlTable } from '../../support/charts/page.ts';
import { sizeChart } from '../../support/charts/size-chart.ts';
import { escape } from '../../support/charts/svg.ts';
import { percent } from '../../support/progress.ts';
import { defaultVariantOf, dropOf } from '../choose-variants.ts';
import { activationsText, entriesOf, weightBytesOf } from '../measured-variant.ts';
import type { PackageInput } from '../package-input.ts';
import { msText, type Latency } from '../speed.ts';

export function sizeSection(input: PackageInput): string {
  const { variants, packaged, gate, int8Onnx, speed } = input;
  const timed = (latency: Latency | undefined): string[] => (speed ? [latency ? msText(latency.milliseconds) : '–'] : []);
  const { teacher } = input.record;
  const standardError = ({ top1, count }: { top1: number; count: number }): number => Math.sqrt((top1 * (1 - top1)) / count);
  const points = entriesOf(variants).map(([name, variant]) => ({
    name,
    bytes: weightBytesOf(variant),
    accuracy: variant.accuracy.top1,
    error: standardError(variant.accuracy),
  }));
  const chart = sizeChart('Accuracy against bytes', [
    { name: 'student', points, style: 0, line: true, labelled: true },
    ...(teacher?.weightBytes
      ? [
          {
            name: 'teacher',
            points: [{ name: 'teacher', bytes: teacher.weightBytes, accuracy: teacher.testTop1 }],
            style: 1,
            labelled: true,
          },
        ]
      : []),
  ]);
  const mark = defaultVariantOf(packaged);
  const rows = entriesOf(variants).map(([name, variant]) => {
    const { accuracy, agreementWithFloat32 } = variant;
    return [
      `${name}${packaged.includes(name) ? '' : ' (not in the package)'}`,
      weightBytesOf(variant).toLocaleString('en'),
      percent(accuracy.top1),
      percent(accuracy.top5),
      percent(agreementWithFloat32),
      ...timed(speed?.variants[name]),
    ];
  });
  const teacherRow = teacher
    ? [['teacher', teacher.weightBytes?.toLocaleString('en') ?? '–', percent(teacher.testTop1), '–', '–', ...timed(speed?.teacher)]]
    : [];
  const columns = ['variant', 'weight bytes', 'top-1', 'top-5', 'agrees with float32', ...(speed ? ['an image'] : [])];
  const where = speed
    ? `; times of one image by itself on ${escape(speed.machine)}, the teacher's on ${speed.teacher?.backend ?? 'no engine'}`
    : '';
  const table = htmlTable(columns, [...rows, ...teacherRow], {
    caption: `On the ${variants.float32.accuracy.count.toLocaleString('en')} test images${where}`,
    best: (row) => entriesOf(variants)[row]?.[0] === mark,
  });
  const notes = entriesOf(variants).map(
    ([name, variant]) =>
      `<li>${name}: ${escape(VARIANTS[name].about)}${escape(activationsText(variant))}${name === 'float32' ? '' : `; costs ${dropOf(variants.float32.accuracy, variant.accuracy).toFixed(2)} points of top-1`}</li>`,
  );
  const onnx = int8Onnx
    ? `<li>model-int8.onnx: the integer variant's quantization for other runtimes, ${int8Onnx.model.length.toLocaleString('en')} bytes; on ONNX Runtime top-1 ${percent(int8Onnx.accuracy.top1)}, top-5 ${percent(int8Onnx.accuracy.top5)}, agrees with float32 on ${percent(int8Onnx.agreementWithFloat32)}</li>`
    : '';
  return `<h2>Accuracy and size</h2>
${charts(
  [
    figure('Test top-1 against bytes of weights (bars: one standard error)', chart),
    `<div>${table}<ul class="small">${notes.join('')}${onnx}</ul><p class="small">8-bit weights cost ${gate.drop.toFixed(2)} points of top-1 on the validation images (allowed: ${gate.allowed}), which decide. Test images are measured once and decide nothing.</p></div>`,
  ],
  'pair',
)}`;
}

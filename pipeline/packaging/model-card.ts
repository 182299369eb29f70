/** `card.md` of a package: what a person should know before using it. */
import { VARIANTS, type Manifest } from '@sld-edge/runtime';
import { percent } from '../support/progress.ts';
import { defaultVariantOf } from './choose-variants.ts';
import { LOGIT_TOLERANCE } from './onnx-model.ts';
import { activationsText, entriesOf, weightBytesOf } from './measured-variant.ts';
import type { PackageInput } from './package-input.ts';
import { calibrationText } from './calibration-text.ts';

/** One line on the file for other runtimes. */
function onnxText({ onnx }: Omit<Manifest, 'version'>): string {
  if (!onnx) return 'There is no ONNX file in this package.';
  const { int8 } = onnx;
  return `\`${onnx.model.path}\` is the float32 network for other runtimes (ONNX, opset ${onnx.opset}, ${onnx.model.bytes.toLocaleString('en')} bytes): input \`input\` [batch, channels, height, width], normalised; output \`logits\`. ONNX Runtime gave the logits of the float32 variant on the validation images, to ${LOGIT_TOLERANCE} of the largest.${int8 ? `\n\n\`${int8.model.path}\` (${int8.model.bytes.toLocaleString('en')} bytes) has the same input and output and the integer variant's quantization: QDQ, which runtimes compute by integer kernels. On ONNX Runtime: top-1 ${percent(int8.accuracy.top1)}, top-5 ${percent(int8.accuracy.top5)} of the test images; agrees with float32 on ${percent(int8.agreementWithFloat32)}, with the integer variant on ${percent(int8.agreementWithIntegers)}. Its logits are the integer variant's but for single steps of single activations.` : ''}`;
}

function calibrationList({ variants }: Omit<Manifest, 'version'>): string {
  return Object.entries(variants)
    .map(([name, { calibration }]) => `- ${name}: ${calibration ? calibrationText(calibration) : 'not calibrated by itself'}.`)
    .join('\n');
}

export function modelCard(input: PackageInput, manifest: Omit<Manifest, 'version'>): string {
  const { record, variants, packaged, data } = input;
  const { height, width, channels } = data.preprocessing;
  const rows = entriesOf(variants).map(([name, variant]) => {
    const { accuracy, agreementWithFloat32 } = variant;
    return `| ${name}${packaged.includes(name) ? '' : ' (not in the package)'} | ${weightBytesOf(variant).toLocaleString('en')} | ${percent(accuracy.top1)} | ${percent(accuracy.top5)} | ${percent(agreementWithFloat32)} |`;
  });
  return `# ${manifest.title}

${manifest.quick ? '**A quick run on a subset: it proves the stages, its figures are no result.**\n\n' : ''}An image classifier of ${data.labels.length} classes: ${data.labels.join(', ')}.

- Network: ${input.networkName}, ${input.parameters.toLocaleString('en')} parameters; input ${width}x${height}, ${channels === 1 ? 'grey' : 'RGB'}.
- Trained by \`${record.configuration.method}\`, ${record.history.length} epochs, seed ${record.configuration.seed}, on ${record.data.counts.train.toLocaleString('en')} images of ${record.data.name} (${record.data.source}); ${record.data.counts.validation.toLocaleString('en')} held out for validation.
${record.teacher ? `- Teacher: ${record.teacher.name}, test top-1 ${percent(record.teacher.testTop1)}.\n` : ''}
## Results

On the ${variants.uint8.accuracy.count.toLocaleString('en')} test images, which neither training nor calibration saw and which decided nothing: a variant is packaged by what it loses on the validation images. Last epoch; graph models computed by the \`tfjs-wasm\` backend, integers by the \`wasm\` kernels, which give the interpreter's integers.

| variant | weight bytes | top-1 | top-5 | agrees with float32 |
|---|---|---|---|---|
${rows.join('\n')}

${entriesOf(variants)
  .map(
    ([name, variant]) =>
      `- ${name}: ${VARIANTS[name].about}${activationsText(variant)}${name === defaultVariantOf(packaged) ? '; answers where none is asked for' : ''}.`,
  )
  .join('\n')}

${onnxText(manifest)}

## How sure it is

Probabilities are softmax(logits / temperature), the temperature fitted on the validation images after quantization. The expected calibration error is of the test images.

${calibrationList(manifest)}

## Data

${record.data.name} (${record.data.source}): ${record.data.counts.train.toLocaleString('en')} images to train on, ${record.data.counts.validation.toLocaleString('en')} held out for validation, ${record.data.counts.test.toLocaleString('en')} test images. Classes: ${data.labels.length}. The package's \`provenance\` has their checksums.

## Intended use and limits

For images like those of ${record.data.name}. ${data.note ? `${data.note} ` : ''}An image of anything else still gets one of the ${data.labels.length} labels, often with a high probability. The images are prepared exactly as the manifest's \`preprocessing\` says; other preparation lowers the accuracy. The figures above hold for images from where the test images come from; measure it on your own before you rely on it. It was not examined for differences between groups of people, and is not made for decisions about them.
`;
}

/** `card.md` of a package of somebody's weights: no accuracy but the published one, and how often each variant says what float32 says. */
import { VARIANTS, type Manifest } from '@sld-edge/runtime';
import { percent } from '../../support/progress.ts';
import { defaultVariantOf } from '../choose-variants.ts';
import { activationsText, entriesOf, weightBytesOf } from '../measured-variant.ts';
import { originOf, publishedText, reportedOn } from './origin.ts';
import type { WeightsPackage } from './weights-package.ts';

/** Labels that a card lists; of more it names the first. */
const MOST_LABELS = 100;
const SOME_LABELS = 10;

export function weightsCard(input: WeightsPackage, manifest: Omit<Manifest, 'version'>): string {
  const { data, variants, packaged, weights, licence } = input;
  const { height, width, cropRatio = 1 } = data.preprocessing;
  const { source = 'a file', licence: terms = 'not stated', sha256 } = originOf(input);
  const rows = entriesOf(variants)
    .filter(([name]) => name !== 'float32')
    .map(
      ([name, variant]) =>
        `| ${name}${packaged.includes(name) ? '' : ' (not in the package)'} | ${weightBytesOf(variant).toLocaleString('en')} | ${percent(variant.accuracy.top1)} | ${percent(variant.accuracy.top5)} |`,
    );
  const { labels } = data;
  const some =
    labels.length > MOST_LABELS ? `${labels.slice(0, SOME_LABELS).join(', ')}, … (\`labels\` of the manifest has all)` : labels.join(', ');
  return `# ${manifest.title}

An image classifier of ${labels.length.toLocaleString('en')} classes: ${some}.

- Network: ${input.networkName}, ${input.parameters.toLocaleString('en')} parameters; input ${width}x${height}, RGB${cropRatio < 1 ? `, of the middle ${percent(cropRatio)} of the shorter side` : ''}.
- Weights: ${source as string}, SHA-256 ${sha256 as string}; licence ${terms as string}. Nothing was trained here.
${weights.model?.labels === 'imagenet' ? "- Names of the classes: torchvision's (`torchvision/models/_meta.py`, BSD-3-Clause).\n" : ''}
## Accuracy

${publishedText(input)}

## Agreement with float32

Shares of ${reportedOn(input)}: float32's answer is the variant's, or among its first five. The pictures had no labels. A variant is packaged if it has float32's answer on ${percent(input.minAgreement)} of ${data.validation.count.toLocaleString('en')} other pictures that calibrated nothing either.

| variant | weight bytes | float32's answer | among the first five |
|---|---|---|---|
${rows.join('\n')}

${packaged.map((name) => `- ${name}: ${VARIANTS[name].about}${activationsText(variants[name]!)}${name === defaultVariantOf(packaged) ? '; answers where none is asked for' : ''}.`).join('\n')}

${manifest.onnx ? `\`${manifest.onnx.model.path}\` is the float32 network for other runtimes (ONNX, opset ${manifest.onnx.opset}): input \`input\` [batch, channels, height, width], normalised; output \`logits\`.` : 'There is no ONNX file in this package.'}

## How sure it is

Probabilities are softmax(logits). No temperature was fitted: that takes labels. No answer is withheld.

## Pictures

${input.note ? `${input.note}\n\n` : ''}- Calibration: ${input.calibration.count.toLocaleString('en')} pictures of the folder ${input.calibration.name}, held out of it ${data.validation.count.toLocaleString('en')} that decided.
- Agreement: ${reportedOn(input)}.
- Samples and goldens: ${input.samples.length} pictures that lie in the package${licence ? `; \`${licence.file}\` says whose they are and under which licence` : '; nothing states their licence'}.

## Intended use and limits

For images like those that the weights were trained on. An image of anything else still gets one of the ${labels.length.toLocaleString('en')} labels, often with a high probability. The images are prepared exactly as the manifest's \`preprocessing\` says; other preparation lowers the accuracy. Measure it on your own before you rely on it: \`npm run evaluate\`. It was not examined for differences between groups of people, and is not made for decisions about them.
`;
}

/** README.md of an export for Triton. */
import type { Manifest } from '@sld-edge/runtime';
import { figuresText, originText } from './card-text.ts';
import type { ExportTarget } from './export-target.ts';
import { modelNames } from './triton-config.ts';

export const tritonCard: ExportTarget['card'] = ({ manifest, float32, integer }, _files, measured) => {
  const names = modelNames(manifest);
  const { preprocessing, labels } = manifest;
  const { height, width } = preprocessing;
  return `# ${manifest.name}

${originText(manifest)}

A model repository of the Triton Inference Server:

    tritonserver --model-repository=FOLDER

With KServe it is the folder that \`storageUri\` names, of an \`InferenceService\` whose model format is \`triton\`.

| model | what |
|---|---|
${[
  float32 && `| \`${names.float32}\` | the float32 network; its probabilities have the temperature ${float32.temperature} |`,
  integer &&
    `| \`${names.integer}\` | the integer variant's quantization (QDQ); its probabilities have the temperature ${integer.temperature} |`,
]
  .filter(Boolean)
  .join('\n')}

| tensor | datatype | shape | is |
|---|---|---|---|
| input \`pixels\` | \`UINT8\` | [batch, ${height}, ${width}, 3] | RGB levels${preprocessing.channels === 1 ? '; luma is made inside' : ''}; normalised inside |
| output \`probabilities\` | \`FP32\` | [batch, ${labels.length}] | calibrated; with \`classification: K\` the K largest with their labels |
| output \`logits\` | \`FP32\` | [batch, ${labels.length}] | what the network computes |

${pixelsText(preprocessing)}

## Figures

${figuresText(manifest, measured, 'ONNX Runtime')}
`;
};

/** Sentences on how a caller makes pixels of a picture. */
function pixelsText({ height, width, fit, cropRatio = 1 }: Manifest['preprocessing']): string {
  const part =
    fit === 'stretch'
      ? `the whole picture, \`image.resize((${width}, ${height}), Image.BILINEAR)\` in Pillow`
      : `the largest centred part of its shape${cropRatio === 1 ? '' : `, of which ${cropRatio} of each side is kept`}, \`ImageOps.fit(image, (${width}, ${height}), Image.BILINEAR${cropRatio === 1 ? '' : `, bleed=${Number(((1 - cropRatio) / 2).toFixed(6))}`})\` in Pillow`;
  return `The server resizes nothing. A caller sends pixels of the network's size: ${part}. The network was trained on pixels that were resized so.`;
}

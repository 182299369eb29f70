/** README.md of an export for the Hugging Face hub, with the hub's metadata. */
import type { Manifest } from '@sld-edge/runtime';
import { figuresText, originText } from './card-text.ts';
import type { ExportTarget, MeasuredExport } from './export-target.ts';

export const huggingFaceCard: ExportTarget['card'] = ({ manifest, float32, integer }, _files, measured) => {
  const { name, preprocessing } = manifest;
  const dtype = float32 ? 'fp32' : 'q8';
  return `---
${metadataLines(manifest, measured)}
---

# ${name}

${originText(manifest)}

    import { pipeline } from '@huggingface/transformers';

    const classify = await pipeline('image-classification', 'FOLDER OR REPOSITORY', { dtype: '${dtype}' });
    console.log(await classify('photo.jpg'));

| file | dtype | what |
|---|---|---|
${[
  float32 && `| \`onnx/model.onnx\` | fp32 | the float32 network, logits divided by the temperature ${float32.temperature} |`,
  integer &&
    `| \`onnx/model_quantized.onnx\` | q8 | the integer variant's quantization (QDQ), logits divided by the temperature ${integer.temperature} |`,
]
  .filter(Boolean)
  .join('\n')}

Input \`pixel_values\` [batch, 3, ${preprocessing.height}, ${preprocessing.width}] float32; output \`logits\`, whose softmax are calibrated probabilities.${preprocessing.channels === 1 ? ' A convolution in front makes luma of the three channels.' : ''}

## Figures

${figuresText(manifest, measured, 'ONNX Runtime')}

${limitsText(manifest)}
`;
};

/** Sentences on where a consumer's pictures differ from the package's. */
function limitsText({ preprocessing: { fit, cropRatio, channels } }: Manifest): string {
  const resize =
    fit === 'cover'
      ? `the package cuts and resizes in one step, an image processor resizes the shorter side to whole pixels and cuts then${cropRatio ? ', as torchvision does' : ''}`
      : 'both resize the whole picture';
  return `Pictures of another size are resized by the consumer: ${resize}. transformers.js in Node resizes without antialiasing, so that large photographs differ most; the package resizes with it.${channels === 1 ? ' Luma is not rounded to whole levels here, as it is in the package.' : ''}`;
}

/** YAML of the hub: each value as JSON, which is YAML too. */
function metadataLines({ name, provenance }: Manifest, measured: readonly MeasuredExport[]): string {
  const { data, weights } = provenance as { data?: { name: string }; weights?: { licence?: string } };
  const results = measured.map(({ path, accuracy: { top1 } }) => ({
    task: { type: 'image-classification' },
    dataset: { type: data?.name ?? 'pictures', name: data?.name ?? 'pictures', split: 'test' },
    metrics: [{ type: 'accuracy', value: top1, name: `top-1, ${path}` }],
  }));
  const metadata = {
    pipeline_tag: 'image-classification',
    library_name: 'transformers.js',
    tags: ['onnx', 'image-classification', 'sld-edge'],
    ...(weights?.licence && { license: weights.licence.toLowerCase() }),
    ...(results.length > 0 && { 'model-index': [{ name, results }] }),
  };
  return Object.entries(metadata)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
    .join('\n');
}

/** The layout of the Hugging Face hub, which transformers.js and Python's optimum load by a folder's or a repository's name. */
import { normalise, type Manifest } from '@sld-edge/runtime';
import type { Model } from '../../evaluation/logits.ts';
import { writeInt8OnnxModel } from '../onnx-int8-model.ts';
import { colourPreprocessing } from './colour-preprocessing.ts';
import type { ExportedPackage } from './exported-package.ts';
import type { ExportTarget, MeasuredExport } from './export-target.ts';
import { huggingFaceCard } from './huggingface-card.ts';
import { measureOnnxExport } from './measure-onnx.ts';
import { lumaConvolution, wrapOnnxModel } from './wrap-onnx.ts';

const FLOAT32 = 'onnx/model.onnx';
const QUANTIZED = 'onnx/model_quantized.onnx';
const INPUT = 'pixel_values';
/** PIL's number of its bilinear filter. */
const BILINEAR = 2;

export const huggingFace: ExportTarget = {
  about: 'transformers.js',

  files(pkg) {
    const { float32, integer, manifest } = pkg;
    if (!float32 && !integer)
      throw new Error(
        `${manifest.name} has neither an ONNX file nor an integer variant; npm run package without --no-onnx makes a package with one`,
      );
    return new Map<string, Uint8Array | string>([
      ['config.json', jsonText(configOf(pkg))],
      ['preprocessor_config.json', jsonText(imageProcessorOf(manifest))],
      ...(float32 ? [[FLOAT32, wrapped(float32.onnx, float32.temperature, manifest)] as const] : []),
      ...(integer ? [[QUANTIZED, wrapped(writeInt8OnnxModel(integer.program, manifest), integer.temperature, manifest)] as const] : []),
    ]);
  },

  async measure(pkg, files, data) {
    const preprocessing = colourPreprocessing(pkg.manifest.preprocessing);
    const measured = (path: string, ours: Model): Promise<MeasuredExport> => {
      const classifier = { model: files.get(path) as Uint8Array, input: INPUT };
      const valuesOf = (pixels: Uint8Array): Float32Array => normalise(pixels, preprocessing);
      return measureOnnxExport({ path, classifier, ours, preprocessing, valuesOf }, pkg, data);
    };
    return [
      ...(pkg.float32 ? [await measured(FLOAT32, { kind: 'onnx', model: pkg.float32.onnx })] : []),
      ...(pkg.integer ? [await measured(QUANTIZED, { kind: 'program', program: pkg.integer.program })] : []),
    ];
  },

  card: huggingFaceCard,
};

/** `model_type` only chooses a class whose input is `pixel_values` and whose output is `logits`: the network itself is in the ONNX files. */
const configOf = ({ manifest: { labels }, float32 }: ExportedPackage): object => ({
  architectures: ['ResNetForImageClassification'],
  model_type: 'resnet',
  num_channels: 3,
  id2label: Object.fromEntries(labels.map((label, i) => [i, label])),
  label2id: Object.fromEntries(labels.map((label, i) => [label, i])),
  // Without it transformers.js asks for `onnx/model.onnx`.
  ...(!float32 && { 'transformers.js_config': { dtype: 'q8' } }),
});

/**
 * The image processor that comes closest to the package's preprocessing.
 * @throws Error in one line for a `cover` of an input that is not square, which no processor has
 */
function imageProcessorOf({ name, preprocessing }: Manifest): object {
  const { height, width, fit, cropRatio = 1 } = preprocessing;
  const { mean, std } = colourPreprocessing(preprocessing);
  const levels = { do_rescale: true, rescale_factor: 1 / 255, do_normalize: true, image_mean: mean, image_std: std };
  const common = { do_convert_rgb: true, do_resize: true, resample: BILINEAR, ...levels };
  if (fit === 'stretch') return { image_processor_type: 'ViTImageProcessor', ...common, size: { height, width } };
  if (height !== width)
    throw new Error(
      `${name} takes pictures of ${width}x${height} pixels cut from the centre, and Hugging Face's image processors cut squares only; export it --to triton, whose callers cut themselves`,
    );
  return {
    image_processor_type: 'CLIPImageProcessor',
    ...common,
    size: { shortest_edge: Math.round(height / cropRatio) },
    do_center_crop: true,
    crop_size: { height, width },
  };
}

function wrapped(model: Uint8Array, temperature: number, { labels, preprocessing }: Manifest): Uint8Array {
  const { height, width, channels } = preprocessing;
  return wrapOnnxModel(model, {
    input: {
      name: INPUT,
      shape: ['batch', 3, height, width],
      description: 'images, RGB, NCHW, normalised as preprocessor_config.json says',
    },
    before: channels === 1 ? lumaConvolution('input', INPUT) : { nodes: [], constants: [] },
    temperature,
    outputs: 'calibrated logits',
    metadata: { labels: JSON.stringify(labels), preprocessing: JSON.stringify({ ...colourPreprocessing(preprocessing), layout: 'nchw' }) },
  });
}

const jsonText = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

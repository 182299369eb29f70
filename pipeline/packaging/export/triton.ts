/**
 * A model repository of the Triton Inference Server, which KServe's Triton runtime takes too. Each model takes decoded pixels and has the
 * inputs and outputs of our own server's Open Inference Protocol, so that a caller of one is a caller of the other.
 */
import type { Manifest } from '@sld-edge/runtime';
import type { Model } from '../../evaluation/logits.ts';
import { writeInt8OnnxModel } from '../onnx-int8-model.ts';
import { colourPreprocessing } from './colour-preprocessing.ts';
import type { ExportedPackage } from './exported-package.ts';
import type { ExportTarget, MeasuredExport } from './export-target.ts';
import { measureOnnxExport } from './measure-onnx.ts';
import { pixelNodes } from './pixel-nodes.ts';
import { tritonCard } from './triton-card.ts';
import { LABELS_FILE, modelNames, tritonConfig } from './triton-config.ts';
import { PROBABILITIES, wrapOnnxModel } from './wrap-onnx.ts';

const PIXELS = 'pixels';

/** A model of the repository. */
interface RepositoryModel {
  /** Its folder, which is its name. */
  name: string;
  onnx: Uint8Array;
  temperature: number;
  /** Network behind it in the package. */
  ours: Model;
}

export const triton: ExportTarget = {
  about: 'Triton and KServe',

  files(pkg) {
    const { manifest } = pkg;
    const models = modelsOf(pkg);
    if (models.length === 0)
      throw new Error(
        `${manifest.name} has neither an ONNX file nor an integer variant; npm run package without --no-onnx makes a package with one`,
      );
    const labels = labelsText(manifest);
    const config = tritonConfig(PIXELS, manifest);
    return new Map(
      models.flatMap(({ name, onnx, temperature }): [string, Uint8Array | string][] => [
        [`${name}/config.pbtxt`, config],
        [`${name}/${LABELS_FILE}`, labels],
        [modelPath(name), wrapped(onnx, temperature, manifest)],
      ]),
    );
  },

  async measure(pkg, files, data) {
    const preprocessing = colourPreprocessing(pkg.manifest.preprocessing);
    const measured: MeasuredExport[] = [];
    for (const { name, ours } of modelsOf(pkg)) {
      const path = modelPath(name);
      const classifier = {
        model: files.get(path) as Uint8Array,
        input: PIXELS,
        output: PROBABILITIES,
        layout: 'nhwc',
        inputType: 'uint8',
      } as const;
      const valuesOf = (pixels: Uint8Array): Float32Array => Float32Array.from(pixels);
      measured.push(await measureOnnxExport({ path, classifier, ours, preprocessing, valuesOf }, pkg, data));
    }
    return measured;
  },

  card: tritonCard,
};

const modelPath = (name: string): string => `${name}/1/model.onnx`;

const modelsOf = ({ manifest, float32, integer }: ExportedPackage): RepositoryModel[] => [
  ...(float32 ? [{ name: modelNames(manifest).float32, ...float32, ours: { kind: 'onnx', model: float32.onnx } as const }] : []),
  ...(integer
    ? [
        {
          name: modelNames(manifest).integer,
          onnx: writeInt8OnnxModel(integer.program, manifest),
          temperature: integer.temperature,
          ours: { kind: 'program', program: integer.program } as const,
        },
      ]
    : []),
];

/** One label a line, as the server reads them. @throws Error in one line for a label that is none */
function labelsText({ name, labels }: Manifest): string {
  const broken = labels.find((label) => /[\r\n]/.test(label));
  if (broken !== undefined)
    throw new Error(`${name} has the label ${JSON.stringify(broken)}; Triton expects labels of one line each: rename that class`);
  return labels.map((label) => `${label}\n`).join('');
}

function wrapped(model: Uint8Array, temperature: number, { labels, preprocessing }: Manifest): Uint8Array {
  const { height, width } = preprocessing;
  return wrapOnnxModel(model, {
    input: { name: PIXELS, type: 'uint8', shape: ['batch', height, width, 3], description: 'images, RGB levels, NHWC' },
    before: pixelNodes(PIXELS, preprocessing),
    temperature,
    outputs: 'probabilities and logits',
    metadata: { labels: JSON.stringify(labels) },
  });
}

/** Settings of `quantize`; each says for which way of quantizing it is. */
import type { Line } from '../../configuration/command-line.ts';
import { resumeSettings } from '../../configuration/run-settings.ts';
import { runSettings, unpackagedSettings } from '../../configuration/settings.ts';
import { ENCODING_NAMES, type EncodingName } from '../../quantization/encodings.ts';
import { CALIBRATION_IMAGES } from '../../quantization/integer/calibration-images.ts';
import { DAMAGE_IMAGES, MIX_ENCODINGS } from '../../quantization/mixed/choose-mix.ts';
import { COMPARISON_IMAGES } from '../../quantization/mixed/compare-mixes.ts';
import { omit, onlyWhere, withDefaultOf, type SettingTable } from '../../support/setting.ts';
import { number, oneName, optional, path, toggle, whole, type ValueKind } from '../../support/value.ts';
import { forceSetting } from '../../support/tracked-files.ts';
import { statementSettings } from '../../teachers/settings.ts';

type Others = Readonly<Record<string, unknown>>;

const isTraining = ({ train }: Others): boolean => train === true;
const isMix = (others: Others): boolean => !isTraining(others) && others.to === 'mixed';
const isInteger = ({ to }: Others): boolean => to === 'integer';

const own = { group: 'package', decides: 'nothing' } as const;

const encodingsText: ValueKind<readonly EncodingName[]> = {
  default: MIX_ENCODINGS,
  allowed: `some of ${ENCODING_NAMES.join(', ')}, with commas between`,
  holds: (v) => Array.isArray(v) && v.every((name) => (ENCODING_NAMES as string[]).includes(name as string)),
  parse: (text) => text.split(','),
};

/** Settings of a training, without those of one from scratch or of a network's name, and those that all ways of quantizing take. */
const trainingSettings = omit(unpackagedSettings, [
  ...(['preset', 'quick', 'student', 'from', 'stochasticDepth', 'name'] as const),
  ...(['data', 'imageSize', 'cropRatio', 'inputMean', 'inputStd', 'maxUnreadable', 'validationCount', 'testLimit', 'engine'] as const),
]);

export const quantizeSettings = {
  student: { ...own, ...optional(path('')), help: "a run's student.safetensors; its data and settings are the run's", isFirst: true },
  model: { ...own, ...optional(path('')), help: "or any model: a .safetensors, .pth, .th or .pt file, or a teacher's name", isFirst: true },
  to: {
    ...own,
    ...oneName('mixed', ['mixed', 'integer']),
    help: 'mixed: each layer in the encoding that does least damage (docs/package-format.md); integer: integer arithmetic alone (docs/integer-arithmetic.md)',
    isFirst: true,
  },
  train: {
    ...own,
    ...toggle(false),
    help: 'train on with weights rounded, and with --to integer activations too, under the method that made the student (docs/quantization-aware.md)',
    isFirst: true,
  },
  data: withDefaultOf(runSettings.data, "as the run was configured; a model's fashion-mnist"),
  imageSize: withDefaultOf(runSettings.imageSize, "the model's own"),
  maxUnreadable: withDefaultOf(runSettings.maxUnreadable, 'as the run was configured'),
  validationCount: withDefaultOf(
    { ...runSettings.validationCount, help: 'images held out of the training images, on which mixes are chosen and the gate decides' },
    'as the run was configured, else 5000',
  ),
  testLimit: runSettings.testLimit,
  maxDrop: withDefaultOf(
    {
      ...runSettings.maxDrop,
      help: 'points of top-1 on validation images that quantization may cost, a mix with one standard error of it; more: exit status 1 and nothing written',
    },
    'as the run was configured, else 0.5',
  ),
  images: {
    ...own,
    ...optional(whole(0, { from: 1 })),
    help: "training images by which layers' damage is measured, 4-bit levels are learned, activations are calibrated and biases corrected",
    defaultText: `${DAMAGE_IMAGES} for the damage, up to ${CALIBRATION_IMAGES} for the rest`,
  },
  out: {
    ...own,
    ...optional(path('')),
    help: 'folder to write to: graph models float32, uint8 and mixed, and report.html; or program.json, weights.bin, goldens and model-int8.onnx; or the run and its student.safetensors',
    defaultText: 'nothing is written; of --train a folder beside the model',
    isFirst: true,
  },
  ...onlyWhere(isMix, 'it is for --to mixed without --train', {
    encodings: { ...own, ...encodingsText, help: 'what layers may be stored as, beside float32' },
    budgetBytes: {
      ...own,
      ...optional(whole(0, { from: 1 })),
      help: 'the best mix of at most so many bytes of weights, instead of the smallest that holds --max-drop',
      isFirst: true,
    },
    comparisonImages: {
      ...own,
      ...whole(COMPARISON_IMAGES, { from: 0 }),
      help: 'test images by which encodings and mixes are compared, but for float32 and the chosen mix, which see all; 0: all',
    },
    points: { ...own, ...whole(5, { from: 0, to: 100 }), help: 'mixes to show along the budget' },
    withIntegers: { ...own, ...toggle(false), help: 'show integer arithmetic beside them, which takes minutes' },
    report: { ...own, ...optional(path('')), help: 'write the page there: table, plot of size against accuracy, layers' },
  }),
  ...onlyWhere(isInteger, 'it is for --to integer', {
    threads: { ...own, ...whole(1, { from: 1, to: 256 }), help: 'threads of the integer reference interpreter' },
  }),
  ...onlyWhere((others) => !isTraining(others), 'a student that is trained on sees images as it was trained', statementSettings),
  ...onlyWhere(isTraining, 'it is for --train', {
    bits: {
      ...own,
      ...number(8, {}),
      allowed: 'one of 4, 8, 32',
      holds: (v: unknown) => [4, 8, 32].includes(v as number),
      help: 'bits of weights, a scale for each output channel; 32: trained on without rounding them, for comparison',
    },
    learnSteps: {
      ...own,
      ...toggle(false),
      help: 'with --bits 4: the steps that weights are rounded to are trained too (LSQ), instead of being those of the largest weights',
    },
    ...trainingSettings,
    ...resumeSettings,
    epochs: { ...trainingSettings.epochs, defaultText: '2' },
    learningRate: { ...trainingSettings.learningRate, defaultText: '0.0001' },
    optimizer: {
      ...trainingSettings.optimizer,
      help: 'adamw, or sgd, which diverges easily where batch norms are folded',
      defaultText: 'adamw',
    },
  }),
  engine: { ...runSettings.engine, defaultText: 'wasm; of --train auto' },
  ...forceSetting,
} as const satisfies SettingTable;

export type QuantizeLine = Line<typeof quantizeSettings>;

/** `npm run evaluate`: the accuracy of a package, a checkpoint or any teacher on a test set. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { calibrationOf, loadPackage, renamedBackend, type Calibration, VARIANT_NAMES, type VariantName } from '@sld-edge/runtime';
import { readFolder } from '@sld-edge/runtime/node';
import { createProgress, percent } from '../support/progress.ts';
import { engineChoices } from '../engines/engine.ts';
import { chanceWarning, teacherLogits } from '../teachers/measure.ts';
import { probabilityFigures, probabilityText } from '../evaluation/probability-figures.ts';
import { selectiveAccuracy } from '../evaluation/abstain-threshold.ts';
import { loadTeacher } from '../teachers/teacher.ts';
import { openTestData, type TestData } from '../data/run-data.ts';
import { accuracy } from '../evaluation/accuracy.ts';
import { logitsOf } from '../evaluation/logits.ts';
import { measuringBackendOf } from '../evaluation/reference-backend.ts';
import { packageTestData } from '../packaging/package-test-data.ts';
import type { Line } from '../configuration/command-line.ts';
import { refuseUntrained } from '../configuration/presets/teacher-hint.ts';
import type { Configuration } from '../configuration/settings.ts';
import { dataSettings } from '../data/settings.ts';
import { startEngine } from '../engines/start-engine.ts';
import { say } from '../support/say.ts';
import { flagOf, withDefaultOf, type SettingTable } from '../support/setting.ts';
import { UsageError } from '../support/usage-error.ts';
import { oneName, optional, path, text } from '../support/value.ts';
import { statementOf, statementSettings } from '../teachers/settings.ts';

export const summary =
  'Measures top-1 and top-5 of a package (on tfjs-wasm; its integer variant on wasm), a checkpoint (on a training engine) or an ONNX model (on ONNX Runtime) on the whole test set.';

export const settings = {
  model: {
    ...path(''),
    help: "a package's folder, a .safetensors, .pth, .th, .pt or .onnx file, or a teacher's name",
    group: 'learning',
    decides: 'nothing',
    required: 'PACKAGE, CHECKPOINT or ONNX MODEL',
  },
  data: withDefaultOf(dataSettings.data, "a package's own, else fashion-mnist"),
  imageSize: withDefaultOf(dataSettings.imageSize, "the model's own"),
  variant: {
    ...optional(oneName<VariantName>('uint8', VARIANT_NAMES)),
    help: `variant of a package: ${VARIANT_NAMES.join(', ')}, as far as it has them`,
    defaultText: "the package's own",
    group: 'package',
    decides: 'nothing',
  },
  backend: {
    ...optional(text('')),
    help: `what computes: of a package tfjs-wasm, of its integer variant wasm; of a checkpoint ${engineChoices}; of an ONNX model onnx`,
    group: 'run',
    decides: 'nothing',
  },
  ...statementSettings,
} as const satisfies SettingTable;

type Given = Line<typeof settings>['given'];

interface Measured {
  logits: Float32Array;
  /** Calibration of a package. */
  calibration?: Calibration;
  data: TestData;
  backend: string;
}

export async function run({ given, values: { model } }: Line<typeof settings>): Promise<object> {
  const isPackage = existsSync(join(model, 'manifest.json'));
  const { logits, data, backend, calibration } = isPackage ? await packageLogits(model, given) : await modelLogits(model, given);
  const classes = data.labels.length;
  const selective =
    calibration &&
    calibration.abstainThreshold !== null &&
    selectiveAccuracy(logits, data.test.labels, classes, calibration.temperature, calibration.abstainThreshold);
  const temperatures = [...new Set([1, calibration?.temperature ?? 1])];
  const probabilities = temperatures.map((temperature) => probabilityFigures(logits, data.test.labels, classes, temperature));
  const result = {
    ...accuracy(logits, data.test.labels, classes),
    backend,
    probabilities,
    ...(selective && { coverage: selective.coverage, errorOfAnswers: selective.error }),
  };
  say(`${model}: top-1 ${percent(result.top1)}, top-5 ${percent(result.top5)} of ${result.count} test images on ${backend}`);
  for (const figures of probabilities) say(`${model}: ${probabilityText(figures)}`);
  if (selective)
    say(
      `${model}: answers ${percent(selective.coverage)} of them (probability from ${calibration!.abstainThreshold!.toPrecision(4)}), ${percent(selective.error)} of those wrongly`,
    );
  const warning = chanceWarning(result.top1, classes);
  if (warning && !isPackage) say(warning);
  return result;
}

async function packageLogits(folder: string, given: Given): Promise<Measured> {
  const stated = [...Object.keys(statementSettings), 'imageSize'].find((key) => given[key as keyof Given] !== undefined);
  if (stated) throw new UsageError(`a package states how it sees images: --${flagOf(stated)} is for checkpoints and ONNX models`);
  const pkg = await loadPackage(readFolder(folder), given.variant ? { variant: given.variant } : {});
  const backend = await measuringBackendOf(pkg.network);
  if (given.backend && given.backend !== backend)
    throw new UsageError(
      `the variant ${pkg.variant} of a package is evaluated on ${backend} here, got --backend ${[given.backend, renamedBackend(given.backend)].filter(Boolean).join('; ')}`,
    );
  const { preprocessing, provenance } = pkg.manifest;
  const data = await packageTestData(folder, pkg.manifest, given.data ?? (provenance.configuration as Configuration).data, say);
  const logits = await logitsOf(pkg.network, data.test.images, preprocessing);
  return { logits, data, backend, calibration: calibrationOf(pkg.manifest, pkg.variant) };
}

async function modelLogits(spec: string, given: Given): Promise<Measured> {
  if (given.variant) throw new UsageError(`--variant ${given.variant} is for packages, and ${spec} is none`);
  refuseUntrained(spec);
  const { settings, imageSize } = statementOf(given, given.imageSize);
  const data = await openTestData(given.data ?? dataSettings.data.default, 0, say, { imageSize });
  const teacher = await loadTeacher(spec, data, settings);
  say(`${spec}: ${teacher.description}`);
  const isOnnx = teacher.handle.kind === 'onnx';
  const backend = given.backend ?? (isOnnx ? 'onnx' : 'auto');
  if (isOnnx !== (backend === 'onnx'))
    throw new UsageError(
      isOnnx
        ? `an ONNX model is evaluated on onnx, got --backend ${backend}`
        : 'weights are evaluated on a training engine: --backend onnx is for ONNX models',
    );
  const engine = isOnnx ? undefined : await startEngine(backend);
  const progress = createProgress('evaluate');
  const logits = await teacherLogits(teacher, engine, data.test, data.inputShape, (fraction) => progress.update(fraction, 'test images'));
  progress.done();
  return { logits, data, backend: engine?.name ?? 'onnx' };
}

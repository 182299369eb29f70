/** `npm run evaluate`: the accuracy of a package, a checkpoint or any teacher on a test set. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { calibrationOf, loadPackage, renamedBackend, type Calibration, VARIANT_NAMES, type VariantName } from '@sld-edge/runtime';
import { createProgress, percent } from '../support/progress.ts';
import { engineChoices } from '../engines/engine.ts';
import type { Configuration } from '../presets/index.ts';
import { chanceWarning, teacherLogits } from '../teachers/measure.ts';
import { selectiveAccuracy } from '../evaluation/abstain-threshold.ts';
import { loadTeacher } from '../teachers/teacher.ts';
import { openTestData, type TestData } from '../data/run-data.ts';
import { accuracy } from '../evaluation/accuracy.ts';
import { logitsOf } from '../evaluation/logits.ts';
import { referenceBackendOf } from '../evaluation/reference-backend.ts';
import { UsageError, type Flags, type FlagValues } from './flags.ts';
import { say } from './run-options.ts';
import { startEngine } from './start-engine.ts';
import { statementFlags, statementFrom } from './teacher-flags.ts';

export const summary = 'Measures top-1 and top-5 of a package (on tfjs-wasm; its integer variant on the reference interpreter), a checkpoint (on a training engine) or an ONNX model (on ONNX Runtime) on the whole test set.';

export const flags: Flags = {
  model: { type: 'string', help: "a package's folder, a .safetensors, .pth, .th, .pt or .onnx file, or a teacher's name" },
  data: { type: 'string', help: 'the data set, as name or name:path (default: fashion-mnist)' },
  'image-size': { type: 'string', help: "side in pixels that folder data's images are brought to; default the model's own" },
  variant: { type: 'string', help: `of a package: ${VARIANT_NAMES.join(', ')}, as far as it has them (default: the package’s own)` },
  backend: { type: 'string', help: `package: tfjs-wasm, of its integer variant interpreter; checkpoint: ${engineChoices}; ONNX model: onnx` },
  ...statementFlags,
};

interface Measured {
  logits: Float32Array;
  /** Of a package that withholds answers. */
  calibration?: Calibration;
  data: TestData;
  backend: string;
}

export async function run(values: FlagValues): Promise<object> {
  if (!values.model) throw new UsageError('evaluate expects --model PACKAGE, CHECKPOINT or ONNX MODEL');
  const model = values.model as string;
  const isPackage = existsSync(join(model, 'manifest.json'));
  const { logits, data, backend, calibration } = isPackage ? await packageLogits(model, values) : await modelLogits(model, values);
  const classes = data.labels.length;
  const selective = calibration && selectiveAccuracy(logits, data.test.labels, classes, calibration.temperature, calibration.abstainThreshold);
  const result = { ...accuracy(logits, data.test.labels, classes), backend, ...(selective && { coverage: selective.coverage, errorOfAnswers: selective.error }) };
  say(`${model}: top-1 ${percent(result.top1)}, top-5 ${percent(result.top5)} of ${result.count} test images on ${backend}`);
  if (selective) say(`${model}: answers ${percent(selective.coverage)} of them (probability from ${calibration.abstainThreshold!.toPrecision(4)}), ${percent(selective.error)} of those wrongly`);
  const warning = chanceWarning(result.top1, classes);
  if (warning && !isPackage) say(warning);
  return result;
}

async function packageLogits(folder: string, values: FlagValues): Promise<Measured> {
  const stated = Object.keys(statementFlags).find((name) => values[name] !== undefined);
  if (stated) throw new UsageError(`a package states how it sees images: --${stated} is for checkpoints and ONNX models`);
  const pkg = await loadPackage((path) => readFile(join(folder, path)), values.variant ? { variant: values.variant as VariantName } : {});
  const backend = referenceBackendOf(pkg.network);
  if (values.backend && values.backend !== backend) throw new UsageError(`the variant ${pkg.variant} of a package is evaluated on ${backend} here, got --backend ${[values.backend as string, renamedBackend(values.backend as string)].filter(Boolean).join('; ')}`);
  const { labels, preprocessing, provenance } = pkg.manifest;
  const data = await openTestData((values.data as string) ?? (provenance.configuration as Configuration).data, 0, say, { imageSize: preprocessing.height === preprocessing.width ? preprocessing.height : 0 });
  if (String(labels) !== String(data.labels)) throw new Error(`${folder} has the labels ${labels.join(', ')}; ${data.name} has ${data.labels.join(', ')}`);
  if (sizeOf(preprocessing) !== sizeOf(data.inputShape)) throw new Error(`${folder} takes images of ${sizeOf(preprocessing)}, ${data.name} has ${sizeOf(data.inputShape)}`);
  const logits = await logitsOf(pkg.network, data.test.images, preprocessing);
  const calibration = calibrationOf(pkg.manifest, pkg.variant);
  return { logits, data, backend, ...(calibration.abstainThreshold !== null && { calibration }) };
}

async function modelLogits(spec: string, values: FlagValues): Promise<Measured> {
  const { settings, imageSize } = statementFrom(values);
  const data = await openTestData((values.data as string) ?? 'fashion-mnist', 0, say, { imageSize });
  const teacher = await loadTeacher(spec, data, settings);
  say(`${spec}: ${teacher.description}`);
  const isOnnx = teacher.handle.kind === 'onnx';
  const backend = (values.backend as string) ?? (isOnnx ? 'onnx' : 'auto');
  if (isOnnx !== (backend === 'onnx')) throw new UsageError(isOnnx ? `an ONNX model is evaluated on onnx, got --backend ${backend}` : 'weights are evaluated on a training engine: --backend onnx is for ONNX models');
  const engine = isOnnx ? undefined : await startEngine(backend);
  const progress = createProgress('evaluate');
  const logits = await teacherLogits(teacher, engine, data.test, data.inputShape, (fraction) => progress.update(fraction, 'test images'));
  progress.done();
  return { logits, data, backend: engine?.name ?? 'onnx' };
}

const sizeOf = ({ height, width, channels }: TestData['inputShape']): string => `${width}x${height} pixels of ${channels} channel${channels === 1 ? '' : 's'}`;

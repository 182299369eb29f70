/** `npm run quantize:integer`: a model in integer arithmetic alone, and the same as an ONNX model, calibrated on training images and measured on test images. */
import { agreement, holds } from '../evaluation/accuracy.ts';
import { logitsOf } from '../evaluation/logits.ts';
import { join } from 'node:path';
import { makeIntegerGoldens, writeIntegerProgram, type IntegerProgram } from '@sld-edge/runtime/integer';
import { createProgress, percent } from '../support/progress.ts';
import { configure } from '../configuration/configure.ts';
import { defaults } from '../configuration/settings.ts';
import { CALIBRATION_IMAGES, calibrationOf } from '../quantization/integer/calibration-images.ts';
import { quantizeNetwork } from '../quantization/integer/quantize-network.ts';
import { quantizationStatement, statedScales } from '../quantization/aware/statement.ts';
import { integerWeightBytes } from '../quantization/mixed/measure-integers.ts';
import { readUniformly } from '../quantization/mixed/units.ts';
import { assertIntegerForm } from '../quantization/integer/lower.ts';
import { writeInt8OnnxModel } from '../packaging/onnx-int8-model.ts';
import { writeFileAtomic } from '../support/atomic-write.ts';
import type { NetworkHandle } from '../teachers/handle.ts';
import { teacherLogits } from '../teachers/measure.ts';
import { ofUnitValues, modelPixels } from '../evaluation/model-input.ts';
import { loadTeacher } from '../teachers/teacher.ts';
import { openRunData } from '../data/run-data.ts';
import { maxDropOf, numberOf, UsageError, type Flags, type FlagValues } from './flags.ts';
import { measuredRow, rowText } from './measured-row.ts';
import { say } from '../support/say.ts';
import { startEngine } from '../engines/start.ts';
import { settingText } from '../configuration/help.ts';
import { flagOf, parseFlag } from '../support/setting.ts';
import { statementOf, statementSettings } from '../teachers/settings.ts';

export const summary = 'Brings a model to integer arithmetic alone (docs/integer-arithmetic.md), calibrates it on training images and measures it on test images.';

/** Test images that `--out` writes golden outputs of. */
const GOLDENS = 8;

const statementFlags: Flags = Object.fromEntries(Object.entries(statementSettings).map(([key, setting]) => [flagOf(key), { type: 'string', help: settingText(setting) }]));

export const flags: Flags = {
  model: { type: 'string', help: "a .safetensors, .pth, .th or .pt file, or a teacher's name" },
  data: { type: 'string', help: 'the data set, as name or name:path (default: fashion-mnist)' },
  'image-size': { type: 'string', help: "side in pixels that folder data's images are brought to; default the model's own" },
  images: { type: 'string', help: `training images to calibrate on (default ${CALIBRATION_IMAGES})` },
  'validation-count': { type: 'string', help: 'images held out of the training images, not calibrated on (default 5000)' },
  limit: { type: 'string', help: 'measure only so many test images (default: all)' },
  threads: { type: 'string', help: 'threads of the reference interpreter (default 1)' },
  'max-drop': { type: 'string', help: 'points of top-1 that integers may cost; more ends with exit status 1 (default: no limit)' },
  engine: { type: 'string', help: 'where the float network computes: auto, tensorflow or wasm (default wasm)' },
  out: { type: 'string', help: 'write the program there: program.json, weights.bin and golden outputs, and model-int8.onnx for other runtimes' },
  ...statementFlags,
};

/** Of most names of variants. */
const NAME_WIDTH = 24;

export async function run(values: FlagValues): Promise<object> {
  if (!values.model) throw new UsageError('quantize:integer expects --model CHECKPOINT');
  const wanted = numberOf(values, 'images', CALIBRATION_IMAGES, { from: 1 });
  const threads = numberOf(values, 'threads', 1, { from: 1, to: 256 });
  const { settings, imageSize } = statementFrom(values);
  const data = await openRunData(configure({ data: (values.data as string) ?? defaults.data, imageSize, testLimit: numberOf(values, 'limit', 0, { from: 0 }), validationCount: numberOf(values, 'validation-count', defaults.validationCount, { from: 1 }) }), say);
  const teacher = await loadTeacher(values.model as string, data, settings);
  say(`${teacher.name}: ${teacher.description}`);
  const statement = quantizationStatement(teacher.name, teacher.metadata);
  const trained = statement && statedScales(statement);
  if (trained) say('its scales of activations are those that it was trained for');
  const handle = networkOf(teacher.handle);
  const { network, preprocessing } = handle;
  assertIntegerForm(network);
  const engine = await startEngine((values.engine as string) ?? 'wasm');

  const classes = data.labels.length;
  const float32 = await teacherLogits(teacher, engine, data.test, data.inputShape);
  const rows: object[] = [];
  const measured = (variant: string, logits: Float32Array, more: object = {}): { top1: number } => {
    const row = { ...measuredRow(variant, float32, logits, data.test.labels, classes), ...more };
    rows.push(row);
    say(rowText(row, NAME_WIDTH));
    return row;
  };
  const whole = measured('float32', float32);
  measured('8-bit weights', await teacherLogits({ ...teacher, handle: { ...handle, network: readUniformly(network, { encoding: 'int8' }) } }, engine, data.test, data.inputShape));

  const calibration = calibrationOf(data.train, data.inputShape, preprocessing, wanted);
  const program = await quantizeNetwork(engine.tf, network, calibration, trained ? { scales: trained } : {});
  const progress = createProgress('integers');
  const started = process.cpuUsage();
  const logits = await logitsOf({ kind: 'program', program }, data.test.images, preprocessing, { size: data.inputShape, threads, onProgress: (done) => progress.update(done / data.test.count, `${done} of ${data.test.count} test images`) });
  const { user, system } = process.cpuUsage(started);
  progress.done();
  const processorSeconds = (user + system) / 1e6;
  const { top1 } = measured('integers', logits, { weightBytes: integerWeightBytes(program), processorSeconds });
  say(`  ${processorSeconds.toFixed(1)} s of processor time by the reference interpreter`);
  const plain = ofUnitValues(preprocessing);
  const onnx = writeInt8OnnxModel(program, { labels: data.labels, preprocessing: plain });
  const byOnnx = await logitsOf({ kind: 'onnx', model: onnx }, data.test.images, plain, { size: data.inputShape });
  measured('int8 ONNX', byOnnx, { bytes: onnx.length, agreementWithIntegers: agreement(byOnnx, logits, classes) });
  say(`  ${onnx.length.toLocaleString('en')} bytes, on ONNX Runtime; agrees with the integers on ${percent(agreement(byOnnx, logits, classes))}`);
  if (values.out) await writeProgram(values.out as string, program, onnx, modelPixels(data.test.images.range(0, Math.min(GOLDENS, data.test.count)), Math.min(GOLDENS, data.test.count), data.inputShape, preprocessing));
  const drop = 100 * (whole.top1 - top1);
  const allowed = maxDropOf(values, Infinity);
  const pass = holds(drop, allowed);
  if (allowed !== Infinity) say(`${pass ? 'pass' : 'FAIL'}: top-1 dropped ${drop.toFixed(2)} points, allowed ${allowed}`);
  return { variants: rows, drop, pass };
}

/** @throws UsageError for what has no weights of a network of ours in it, in the data's order of classes */
export function networkOf(handle: { kind: string }): NetworkHandle {
  const { kind, classOrder, preprocessing } = handle as NetworkHandle;
  if (kind !== 'network') throw new UsageError('an ONNX model can not be quantized here: expected weights of a network of ours');
  if (classOrder) throw new UsageError("the model's classes are in another order than the data's; only one in the data's order is quantized");
  if (preprocessing.channelOrder !== 'rgb') throw new UsageError('the model sees BGR images; only one that sees RGB is quantized');
  return handle as NetworkHandle;
}

/** @param pixels of the golden images */
async function writeProgram(folder: string, program: IntegerProgram, onnx: Uint8Array, pixels: Uint8Array): Promise<void> {
  const { json, weights } = await writeIntegerProgram(program);
  writeFileAtomic(join(folder, 'weights.bin'), weights);
  writeFileAtomic(join(folder, 'program.json'), `${JSON.stringify(json)}\n`);
  writeFileAtomic(join(folder, 'model-int8.onnx'), onnx);
  writeFileAtomic(join(folder, 'pixels.bin'), pixels);
  writeFileAtomic(join(folder, 'goldens.json'), `${JSON.stringify(await makeIntegerGoldens(program, pixels))}\n`);
  say(`written to ${folder}: program.json, weights.bin, and what it must give for pixels.bin: goldens.json; for other runtimes model-int8.onnx`);
}


function statementFrom(values: FlagValues): ReturnType<typeof statementOf> {
  const stated = Object.entries(statementSettings).flatMap(([key, setting]) => (values[flagOf(key)] === undefined ? [] : [[key, parseFlag(key, setting, String(values[flagOf(key)]))]]));
  return statementOf(Object.fromEntries(stated) as object, values['image-size'] === undefined ? undefined : numberOf(values, 'image-size', 0, { from: 0 }));
}

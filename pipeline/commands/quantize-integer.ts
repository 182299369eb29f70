/** `npm run quantize:integer`: a model in integer arithmetic alone, and the same as an ONNX model, calibrated on training images and measured on test images. */
import { join } from 'node:path';
import { makeIntegerGoldens, writeIntegerProgram, type IntegerProgram } from '@sld-edge/runtime/integer/index.ts';
import { createProgress, percent } from '../support/progress.ts';
import { configure, defaults } from '../presets/index.ts';
import { agreement, holds } from '../evaluation/accuracy.ts';
import { CALIBRATION_IMAGES, calibrationOf } from '../quantization/integer/calibration-images.ts';
import { integerDefaults, quantizeNetwork } from '../quantization/integer/quantize-network.ts';
import { logitsOf } from '../evaluation/logits.ts';
import { quantizationStatement, statedScales } from '../quantization/aware/statement.ts';
import { parseRecipe } from '../quantization/integer/recipe.ts';
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
import { numberOf, UsageError, type Flags, type FlagValues } from './flags.ts';
import { measuredRow, rowText } from './measured-row.ts';
import { maxDropOf, say } from './run-options.ts';
import { startEngine } from './start-engine.ts';
import { statementFlags, statementFrom } from './teacher-flags.ts';

export const summary = 'Brings a model to integer arithmetic alone (docs/integer-arithmetic.md), calibrates it on training images and measures it on test images.';

const DEFAULT_RECIPE = `${integerDefaults.range}${integerDefaults.equalise ? '+equalise' : ''}${integerDefaults.correctBias ? '+bias' : ''}`;

/** The scales that the model states because it was trained for them (`quantize:aware`). */
const TRAINED = 'trained';

/** Test images that `--out` writes golden outputs of. */
const GOLDENS = 8;

export const flags: Flags = {
  model: { type: 'string', help: "a .safetensors, .pth, .th or .pt file, or a teacher's name" },
  data: { type: 'string', help: 'the data set, as name or name:path (default: fashion-mnist)' },
  'image-size': { type: 'string', help: "side in pixels that folder data's images are brought to; default the model's own" },
  recipe: { type: 'string', help: `ranges of activations: minmax, percentile or mse, then +equalise and +bias as wished; or ${TRAINED}: as quantize:aware trained it; several with commas are measured in turn (default ${TRAINED} where it was, else ${DEFAULT_RECIPE})` },
  percentile: { type: 'string', help: `of recipes with percentile: the percentage of values that a range holds (default ${integerDefaults.percentile})` },
  images: { type: 'string', help: `training images to calibrate on (default ${CALIBRATION_IMAGES})` },
  'validation-count': { type: 'string', help: 'images held out of the training images, not calibrated on (default 5000)' },
  limit: { type: 'string', help: 'measure only so many test images (default: all)' },
  threads: { type: 'string', help: 'threads of the reference interpreter (default 1)' },
  'max-drop': { type: 'string', help: 'points of top-1 that integers may cost; more ends with exit status 1 (default: no limit)' },
  engine: { type: 'string', help: 'where the float network computes: auto, tensorflow or wasm (default wasm)' },
  out: { type: 'string', help: 'write the program there: program.json, weights.bin and golden outputs, and model-int8.onnx for other runtimes, of one recipe' },
  ...statementFlags,
};

/** Of most names of variants. */
const NAME_WIDTH = 24;

export async function run(values: FlagValues): Promise<object> {
  if (!values.model) throw new UsageError('quantize:integer expects --model CHECKPOINT');
  const percentile = numberOf(values, 'percentile', integerDefaults.percentile, { from: 50, to: 100, whole: false });
  const recipes = recipesOf(values.recipe as string | undefined, percentile);
  if (values.out && recipes.length > 1) throw new UsageError(`--out writes the program of one recipe, got ${recipes.length}`);
  const wanted = numberOf(values, 'images', CALIBRATION_IMAGES, { from: 1 });
  const threads = numberOf(values, 'threads', 1, { from: 1, to: 256 });
  const { settings, imageSize } = statementFrom(values);
  const data = await openRunData(configure({ data: (values.data as string) ?? defaults.data, imageSize, testLimit: numberOf(values, 'limit', 0, { from: 0 }), validationCount: numberOf(values, 'validation-count', defaults.validationCount, { from: 1 }) }), say);
  const teacher = await loadTeacher(values.model as string, data, settings);
  say(`${teacher.name}: ${teacher.description}`);
  const statement = quantizationStatement(teacher.name, teacher.metadata);
  const trained = statement && statedScales(statement);
  if (trained && values.recipe === undefined) recipes.splice(0, 1, TRAINED);
  if (!trained && recipes.includes(TRAINED)) throw new UsageError(`--recipe ${TRAINED}: ${teacher.name} was not trained for integers; npm run quantize:aware does that`);
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
  let least = 1;
  for (const recipe of recipes) {
    const options = recipe === TRAINED ? { ...integerDefaults, scales: trained } : parseRecipe(recipe, percentile);
    const program = quantizeNetwork(engine.tf, network, calibration, options);
    const progress = createProgress(recipe);
    const started = process.cpuUsage();
    const logits = await logitsOf({ kind: 'program', program }, data.test.images, preprocessing, { size: data.inputShape, threads, onProgress: (done) => progress.update(done / data.test.count, `${done} of ${data.test.count} test images`) });
    const { user, system } = process.cpuUsage(started);
    progress.done();
    const processorSeconds = (user + system) / 1e6;
    least = Math.min(least, measured(`integers, ${recipe}`, logits, { recipe, weightBytes: integerWeightBytes(program), processorSeconds }).top1);
    say(`  ${processorSeconds.toFixed(1)} s of processor time by the reference interpreter`);
    const plain = ofUnitValues(preprocessing);
    const onnx = writeInt8OnnxModel(program, { labels: data.labels, preprocessing: plain });
    const byOnnx = await logitsOf({ kind: 'onnx', model: onnx }, data.test.images, plain, { size: data.inputShape });
    measured(`int8 ONNX, ${recipe}`, byOnnx, { recipe, bytes: onnx.length, agreementWithIntegers: agreement(byOnnx, logits, classes) });
    say(`  ${onnx.length.toLocaleString('en')} bytes, on ONNX Runtime; agrees with the integers on ${percent(agreement(byOnnx, logits, classes))}`);
    if (values.out) await writeProgram(values.out as string, program, onnx, modelPixels(data.test.images.range(0, Math.min(GOLDENS, data.test.count)), Math.min(GOLDENS, data.test.count), data.inputShape, preprocessing));
  }
  const drop = 100 * (whole.top1 - least);
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

function recipesOf(stated: string | undefined, percentile: number): string[] {
  const recipes = (stated ?? DEFAULT_RECIPE).split(',');
  try {
    for (const recipe of recipes) if (recipe !== TRAINED) parseRecipe(recipe, percentile);
    return recipes;
  } catch (error) {
    throw new UsageError(`--recipe: ${(error as Error).message}`, { cause: error });
  }
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

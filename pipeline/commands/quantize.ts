/** `npm run quantize`: a model's weights in fewer bytes, measured layer by layer, and the mix of encodings that its accuracy or a budget allows. */
import { holds } from '../evaluation/accuracy.ts';
import { join } from 'node:path';
import { createProgress, percent } from '../support/progress.ts';
import { spreadOver } from '../data/sets/image-set.ts';
import type { ImageSet } from '../data/sets/index.ts';
import { freeze, type FrozenNetwork } from '../networks/freeze.ts';
import { frozenTensors } from '../networks/frozen-tensors.ts';
import type { GateResult } from '../packaging/measure-variants.ts';
import { writeGraphModel, type GraphModel } from '../packaging/graph-model.ts';
import { loadStudent, readStudentRecord } from '../packaging/student.ts';
import { configure } from '../configuration/configure.ts';
import { defaults } from '../configuration/settings.ts';
import { ENCODING_NAMES, storageName, type EncodingName } from '../quantization/encodings.ts';
import { COMPARISON_IMAGES, compareMixes, type MeasuredMix, type MixReport } from '../quantization/mixed/compare-mixes.ts';
import { createBiasCorrector } from '../quantization/correct-bias.ts';
import { DAMAGE_IMAGES, MIX_ENCODINGS } from '../quantization/mixed/choose-mix.ts';
import { measureIntegers } from '../quantization/mixed/measure-integers.ts';
import { howChosen, millinats, quantizationReport, worstFirst } from '../quantization/report.ts';
import { writeFileAtomic } from '../support/atomic-write.ts';
import { networkHandle } from '../teachers/handle.ts';
import { requireFinite } from '../teachers/measure.ts';
import { modelInput, modelPixels } from '../evaluation/model-input.ts';
import { loadTeacher, type Teacher } from '../teachers/teacher.ts';
import { openRunData, type RunData } from '../data/run-data.ts';
import { variantLogits } from '../evaluation/network-logits.ts';
import { maxDropOf, numberOf, UsageError, type Flags, type FlagValues } from './flags.ts';
import { rowText } from './measured-row.ts';
import { networkOf } from './quantize-integer.ts';
import { say } from '../support/say.ts';
import { startEngine } from '../engines/start.ts';
import { settingText } from '../configuration/help.ts';
import { flagOf, parseFlag } from '../support/setting.ts';
import { statementOf, statementSettings } from '../teachers/settings.ts';

export const summary = "Stores a model's weights in fewer bytes, layer by layer where they do least damage, and measures what that costs beside float32.";

const DEFAULT_ENCODINGS = MIX_ENCODINGS;
const DEFAULT_IMAGES = DAMAGE_IMAGES;
const DEFAULT_POINTS = 5;

const statementFlags: Flags = Object.fromEntries(Object.entries(statementSettings).map(([key, setting]) => [flagOf(key), { type: 'string', help: settingText(setting) }]));

export const flags: Flags = {
  student: { type: 'string', help: "a run's student.safetensors" },
  model: { type: 'string', help: "or any model: a .safetensors, .pth, .th or .pt file, or a teacher's name" },
  data: { type: 'string', help: 'the data set, as name or name:path (default: as the run was configured; of --model fashion-mnist)' },
  'image-size': { type: 'string', help: "side in pixels that folder data's images are brought to; default the model's own" },
  encodings: { type: 'string', help: `what layers may be stored as, beside float32: some of ${ENCODING_NAMES.filter((name) => name !== 'float32').join(', ')} (default ${DEFAULT_ENCODINGS.join(',')})` },
  'max-drop': { type: 'string', help: `points of top-1 that quantization may cost: the drop on validation images and one standard error of it, when the mix is chosen; the drop on test images in the end, else exit status 1 (default: as the run was configured; of --model ${defaults.maxDrop})` },
  'budget-bytes': { type: 'string', help: 'the best mix of at most so many bytes of weights, instead of the smallest that holds --max-drop' },
  images: { type: 'string', help: `training images by which each layer's damage is measured and its biases are corrected (default ${DEFAULT_IMAGES})` },
  'validation-count': { type: 'string', help: `images held out of the training images to choose by (default: as the run was configured; of --model ${defaults.validationCount})` },
  limit: { type: 'string', help: 'measure only so many test images (default: all)' },
  'comparison-images': { type: 'string', help: `test images by which encodings and mixes are compared, but for float32 and the chosen mix, which see all; 0: all (default ${COMPARISON_IMAGES})` },
  points: { type: 'string', help: `mixes to show along the budget (default ${DEFAULT_POINTS})` },
  integer: { type: 'boolean', help: 'measure integer arithmetic too (docs/integer-arithmetic.md), which takes minutes' },
  engine: { type: 'string', help: 'where networks compute: auto, tensorflow, webgpu or wasm (default wasm)' },
  out: { type: 'string', help: 'write the tfjs graph models float32, uint8 and mixed there, a folder for each, and report.html' },
  report: { type: 'string', help: 'write the page there: table, plot of size against accuracy, layers' },
  ...statementFlags,
};

export async function run(values: FlagValues): Promise<object> {
  if (!values.student === !values.model) throw new UsageError('quantize expects --student FILE or --model CHECKPOINT');
  const allowed = encodingsOf(values);
  const budgetBytes = values['budget-bytes'] === undefined ? undefined : numberOf(values, 'budget-bytes', 0, { from: 1 });
  const wanted = numberOf(values, 'images', DEFAULT_IMAGES, { from: 1 });
  const points = numberOf(values, 'points', DEFAULT_POINTS, { from: 0, to: 100 });
  const comparisonImages = numberOf(values, 'comparison-images', COMPARISON_IMAGES, { from: 0 });
  const { model, data, maxDrop } = await open(values);
  say(`${model.name}: ${model.description}`);
  const handle = networkOf(model.handle);
  const engine = await startEngine((values.engine as string) ?? 'wasm');

  const calibration = spreadOver(data.train, wanted);
  const { network, preprocessing } = handle;
  const inputs = (pixels: Uint8Array): Float32Array => modelInput(modelPixels(pixels, pixels.length / (data.inputShape.height * data.inputShape.width * data.inputShape.channels), data.inputShape, preprocessing), preprocessing);
  const correctBias = await createBiasCorrector(engine.tf, network, { count: calibration.count, inputs: (start, end) => inputs(calibration.images.range(start, end)) });
  const otherBytes = writeGraphModel(network, 'float32').weightBytes - frozenTensors(network).reduce((sum, { data }) => sum + 4 * data.length, 0);
  const logits = async (networks: FrozenNetwork[], set: ImageSet, onPasses: (count: number) => void): Promise<Float32Array[]> => {
    const found = await variantLogits(engine.tf, networks, set, inputs, onPasses);
    requireFinite(model.name, found[0], network.classes);
    return found;
  };
  const progress = createProgress('quantize');
  let report: MixReport;
  try {
    report = await compareMixes(
      { network, calibration, validation: data.validation, test: data.test, logits, correctBias, otherBytes },
      { encodings: allowed, maxDrop, budgetBytes, points, comparisonImages: comparisonImages || data.test.count },
      sayRow,
      (fraction, what) => progress.update(fraction, what),
    );
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(`--budget-bytes: ${error.message}, of ${allowed.join(', ')} and float32`, { cause: error });
    throw error;
  } finally {
    progress.done();
  }
  if (values.integer) {
    const row = await measureIntegers(engine.tf, handle, data, report.float32Logits);
    report.variants.splice(-1, 0, row);
    sayRow(row);
  }

  const mixed = report.variants.at(-1)!;
  const gate: GateResult = { drop: mixed.drop, allowed: maxDrop, pass: holds(mixed.drop, maxDrop) };
  for (const { name, choices } of worstFirst(report.units).slice(0, 3)) {
    say(`worst layer ${name}: ${choices.slice(1).map((choice) => `${storageName(choice)} ${millinats(choice.damage)} mnat (weights off by ${percent(choice.relativeError)})`).join(', ')}`);
  }
  say(howChosen(report, maxDrop, budgetBytes));
  say(`${gate.pass ? 'pass' : 'FAIL'}: top-1 on test images dropped ${gate.drop.toFixed(2)} ± ${mixed.dropStandardError.toFixed(2)} points, allowed ${gate.allowed}`);

  const page = quantizationReport({ title: `${network.name}: size against accuracy`, subject: `${model.name}: ${model.description}. Data: ${data.name}.`, report, maxDrop, budgetBytes, calibrationCount: calibration.count, gate, command: commandOf(values) });
  for (const file of [values.report, values.out && join(values.out as string, 'report.html')]) if (file) writeFileAtomic(file as string, page);
  if (values.out && gate.pass) writeGraphs(values.out as string, { float32: writeGraphModel(network, 'float32'), uint8: writeGraphModel(network, 'uint8'), mixed: writeGraphModel(report.stored, report.mix) });
  const layers = report.units.map(({ name, choices }, i) => ({ name, chosen: storageName(report.chosen[i]), choices }));
  return { variants: report.variants, layers, mix: Object.fromEntries([...report.mix].map(([tensor, storage]) => [tensor, storageName(storage)])), choice: report.choice, gate, pass: gate.pass };
}

/** The model and its data, of a run or of anybody. */
async function open(values: FlagValues): Promise<{ model: Teacher; data: RunData; maxDrop: number }> {
  const testLimit = numberOf(values, 'limit', 0, { from: 0 });
  const validation: { validationCount?: number } = values['validation-count'] === undefined ? {} : { validationCount: numberOf(values, 'validation-count', 0, { from: 1 }) };
  if (values.model) {
    const { settings, imageSize } = statementFrom(values);
    const data = await openRunData(configure({ data: (values.data as string) ?? defaults.data, imageSize, testLimit, ...validation }), say);
    return { model: await loadTeacher(values.model as string, data, settings), data, maxDrop: maxDropOf(values, defaults.maxDrop) };
  }
  const path = values.student as string;
  const { configuration } = readStudentRecord(path);
  if ((validation.validationCount ?? 0) > configuration.validationCount) throw new UsageError(`--validation-count is at most the run's ${configuration.validationCount}, got ${String(values['validation-count'])}: the student was trained on the others`);
  const data = await openRunData(configure({ ...configuration, ...(values.data !== undefined && { data: values.data as string }), ...(testLimit > 0 && { testLimit }), ...validation }), say);
  const { network, state } = loadStudent(path, data.inputShape);
  const handle = networkHandle(freeze(network, state), data.preprocessing);
  const { preprocessing, classes } = handle;
  const model: Teacher = { name: path, sha256: '', network: network.name, description: `${network.name}, trained by ${configuration.method}; ${classes} classes`, classes, preprocessing, metadata: {}, identity: '', handle };
  return { model, data, maxDrop: maxDropOf(values, configuration.maxDrop) };
}

function encodingsOf(values: FlagValues): EncodingName[] {
  const names = values.encodings === undefined ? [...DEFAULT_ENCODINGS] : (values.encodings as string).split(',');
  const unknown = names.find((name) => !(ENCODING_NAMES as string[]).includes(name));
  if (unknown !== undefined) throw new UsageError(`--encodings expects some of ${ENCODING_NAMES.join(', ')}, with commas between, got "${unknown}"`);
  return names as EncodingName[];
}

const sayRow = (row: MeasuredMix): void => say(`${rowText(row, NAME_WIDTH, `${row.weightBytes.toLocaleString('en').padStart(11)} bytes, `)}; opens in ${row.opens}`);

/** Of most names of variants. */
const NAME_WIDTH = 16;

function writeGraphs(folder: string, graphs: Record<string, GraphModel>): void {
  for (const [name, graph] of Object.entries(graphs)) {
    for (const shard of graph.shards) writeFileAtomic(join(folder, name, shard.name), shard.bytes);
    writeFileAtomic(join(folder, name, 'model.json'), JSON.stringify(graph.modelJson));
    say(`written to ${join(folder, name)}; ${(graph.modelJson as { format: string }).format === 'graph-model' ? 'stock tf.loadGraphModel opens its model.json' : 'only our loader opens it (docs/package-format.md, "Mixed weights")'}`);
  }
}

const commandOf = (values: FlagValues): string => ['npm run quantize --', ...Object.entries(values).filter(([name, value]) => value !== undefined && !['out', 'report', 'json'].includes(name)).map(([name, value]) => (value === true ? `--${name}` : `--${name} ${String(value)}`))].join(' ');


function statementFrom(values: FlagValues): ReturnType<typeof statementOf> {
  const stated = Object.entries(statementSettings).flatMap(([key, setting]) => (values[flagOf(key)] === undefined ? [] : [[key, parseFlag(key, setting, String(values[flagOf(key)]))]]));
  return statementOf(Object.fromEntries(stated) as object, values['image-size'] === undefined ? undefined : numberOf(values, 'image-size', 0, { from: 0 }));
}

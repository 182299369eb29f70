/** `npm run quantize:aware`: trains a student on with its weights and activations quantized, under the method that made it, and measures what that brought. */
import type { IntegerProgram } from '@sld-edge/runtime/integer';
import { holds } from '../evaluation/accuracy.ts';
import { logitsOf } from '../evaluation/logits.ts';
import { join } from 'node:path';
import { readCheckpointFile } from '../weights/index.ts';
import { createProgress } from '../support/progress.ts';
import { freeze, type FrozenNetwork } from '../networks/freeze.ts';
import type { Network } from '../networks/index.ts';
import type { NetworkState } from '../networks/state.ts';
import { saveStudent, type StudentRecord } from '../packaging/student.ts';
import { keptByFineTuning, type Configuration } from '../configuration/settings.ts';
import { fakeQuantized, quantizableForm, quantizedState, WEIGHT_ROUNDINGS, type WeightBits } from '../quantization/aware/fake-quantized.ts';
import { CALIBRATION_IMAGES, calibrationOf } from '../quantization/integer/calibration-images.ts';
import { assertIntegerForm, lowerToIntegers } from '../quantization/integer/lower.ts';
import { activationScales, networkInputs, quantizeNetwork } from '../quantization/integer/quantize-network.ts';
import { writeFileAtomic } from '../support/atomic-write.ts';
import { sha256, sha256OfFiles } from '../support/sha256.ts';
import { metadataStatement, openNetworkTeacher } from '../teachers/network-teacher.ts';
import { PLAIN_SCALE } from '../evaluation/model-input.ts';
import { pathOf } from '../teachers/teacher.ts';
import type { RunData } from '../data/run-data.ts';
import { lockRunFolder } from '../training/run-folder.ts';
import { runTraining } from '../training/run.ts';
import { distillerOf } from '../distillers/settings.ts';
import { configurationFlags, configurationFrom, maxDropOf, numberOf, UsageError, type Flags, type FlagValues } from './flags.ts';
import { measuredRow, rowText, type MeasuredRow } from './measured-row.ts';
import { prepareRun } from '../training/prepare-run.ts';
import { say } from '../support/say.ts';
import { sayConfiguration } from '../configuration/run-settings.ts';

export const summary = 'Trains a student on with its weights and activations quantized (quantization-aware training), and measures it beside plain rounding on the test images.';

/** Flags of a training from scratch to a package that mean nothing here. */
const NOT_HERE: ReadonlySet<string> = new Set(['preset', 'quick', 'student', 'stochastic-depth', 'abstain-error', 'name', 'max-drop']);
const trainingFlags: Flags = Object.fromEntries(Object.entries(configurationFlags).filter(([name]) => !NOT_HERE.has(name)));

export const flags: Flags = {
  student: { type: 'string', help: 'the student.safetensors of a run; or any checkpoint of a network of ours, or a teacher by name' },
  bits: { type: 'string', help: 'of weights, a scale for each output channel: 8 (default), 4, or 32 to train on without rounding them, for comparison' },
  activations: { type: 'string', help: 'integer: as the integer variant has them, 7 bits (default, but with 4-bit weights); float: as they are' },
  images: { type: 'string', help: `training images to calibrate activations on (default ${CALIBRATION_IMAGES})` },
  threads: { type: 'string', help: 'threads of the integer reference interpreter (default 1)' },
  ...trainingFlags,
  epochs: { type: 'string', help: 'epochs of the fine-tuning (default 2)' },
  'learning-rate': { type: 'string', help: 'its highest learning rate (default 0.0001)' },
  optimizer: { type: 'string', help: 'adamw (default) or sgd, which diverges easily where batch norms are folded' },
  'max-drop': { type: 'string', help: 'points of top-1 below float32 that the result may be; more ends with exit status 1 (default: no limit)' },
  out: { type: 'string', help: 'folder of the run and of its student.safetensors (default beside the student)' },
  resume: { type: 'boolean', help: 'continue the interrupted run of the same settings' },
  restart: { type: 'boolean', help: 'start over although an unfinished run is there' },
};

/**
 * What a fine-tuning has otherwise than a training from scratch, and does not take over from the run that made the student. With
 * batch norms folded, channels differ in scale and nothing tames a step: SGD diverges at any rate that gets somewhere
 * (docs/quantization-aware.md); AdamW takes each weight's own scale.
 */
const FINE_TUNING: Partial<Configuration> = { epochs: 2, optimizer: 'adamw', learningRate: 1e-4, warmupEpochs: 0 };

/** Of the longest name of a variant. */
const NAME_WIDTH = 32;

export async function run(values: FlagValues): Promise<object> {
  if (!values.student) throw new UsageError('quantize:aware expects --student FILE');
  const bits = bitsOf(values);
  const inIntegers = activationsOf(values, bits);
  const images = numberOf(values, 'images', CALIBRATION_IMAGES, { from: 1 });
  const threads = numberOf(values, 'threads', 1, { from: 1, to: 256 });
  const maxDrop = maxDropOf(values, Infinity);
  const path = pathOf(values.student as string);
  const file = await readCheckpointFile(path);
  const configuration = configurationOf(values, file.metadata);
  const { needsTeacher } = distillerOf(configuration);
  sayConfiguration(configuration);
  const folder = (values.out as string) ?? `${path.replace(/(\/student)?\.safetensors$|\.[a-z0-9]+$/, '')}.aware-w${bits}${inIntegers ? 'a7' : ''}`;
  await using lock = await lockRunFolder(folder, say);
  const { data, engine, teacher } = await prepareRun(configuration, needsTeacher);
  const network = networkOf(path, file, data);
  const { classes } = network;

  const frozen = quantizableForm(network, file.tensors);
  if (inIntegers) assertIntegerForm(frozen);
  const calibration = calibrationOf(data.train, data.inputShape, { ...data.preprocessing, scale: PLAIN_SCALE }, images);
  const { pixels, scale } = calibration;
  const scales = inIntegers && bits !== 32 ? await activationScales(engine.tf, frozen, networkInputs(pixels, frozen, scale), scale) : undefined;
  const start = fakeQuantized(frozen, bits, scales);

  const rows: MeasuredRow[] = [];
  const float32 = await logitsOf({ kind: 'network', network: frozen, tf: engine.tf }, data.test.images, data.preprocessing);
  const measured = (variant: string, logits: Float32Array): MeasuredRow => {
    const row = measuredRow(variant, float32, logits, data.test.labels, classes);
    rows.push(row);
    say(rowText(row, NAME_WIDTH));
    return row;
  };
  const integers = async (variant: string, program: IntegerProgram): Promise<MeasuredRow> => {
    const progress = createProgress(variant);
    const logits = await logitsOf({ kind: 'program', program }, data.test.images, data.preprocessing, { size: data.inputShape, threads, onProgress: (done) => progress.update(done / data.test.count, `${done} of ${data.test.count} test images`) });
    progress.done();
    return measured(variant, logits);
  };
  const floats = async (variant: string, network: FrozenNetwork): Promise<MeasuredRow> => measured(variant, await logitsOf({ kind: 'network', network: network, tf: engine.tf }, data.test.images, data.preprocessing));

  measured('float32', float32);
  for (const plain of bits === 4 ? ([8, 4] as const) : ([8] as const)) {
    const { network, state } = fakeQuantized(frozen, plain);
    await floats(`${plain}-bit weights, plainly rounded`, freeze(network, state));
  }
  if (inIntegers) await integers('integers, plainly rounded', await quantizeNetwork(engine.tf, frozen, calibration));

  const identity = sha256(JSON.stringify({ student: await sha256OfFiles(path), bits, scales: scales && [...scales] }));
  const trained = await runTraining({ configuration: { ...configuration, student: network.name }, engine, data, teacher: teacher?.teacher, folder, resume: values.resume === true, restart: values.restart === true, start: { ...start, identity }, lock, say });
  const state = quantizedState(network, trained);
  const after = quantizableForm(network, state);
  const weights = await floats(bits === 32 ? 'trained on, float32' : `${bits}-bit weights, trained for it`, after);
  // Trained on without rounding and then rounded plainly: what of the gain is owed to more training alone.
  const integerProgram = () => scales ? lowerToIntegers(after, scales, scale) : quantizeNetwork(engine.tf, after, calibration);
  const result = inIntegers ? await integers(scales ? 'integers, trained for it' : 'integers, plainly rounded after', await integerProgram()) : weights;

  const studentPath = join(folder, 'student.safetensors');
  const record: StudentRecord = {
    configuration: trained.configuration,
    methodOptions: trained.methodOptions,
    engine: engine.description,
    data: data.provenance,
    teacher: teacher?.record ?? null,
    test: { top1: weights.top1, top5: weights.top5, count: weights.count },
    history: trained.history,
  };
  lock.assertHeld();
  saveStudent(studentPath, network, state, data.preprocessing, record, bits === 32 ? undefined : { weightBits: bits, ...(scales && { activations: Object.fromEntries(scales) }) });
  const summary = { student: studentPath, network: network.name, bits, activations: inIntegers ? 'integer' : 'float', epochs: configuration.epochs, learningRate: configuration.learningRate, seed: configuration.seed, engine: engine.description, variants: rows };
  writeFileAtomic(join(folder, 'quantization.json'), `${JSON.stringify(summary, null, 2)}\n`);
  say('');
  say(`${network.name}, ${configuration.epochs} epochs at ${configuration.learningRate}, seed ${configuration.seed}, last epoch; ${data.test.count} test images`);
  for (const row of rows) say(rowText(row, NAME_WIDTH));
  const pass = holds(result.drop, maxDrop);
  if (maxDrop !== Infinity) say(`${pass ? 'pass' : 'FAIL'}: ${result.variant} is ${result.drop.toFixed(2)} points below float32, allowed ${maxDrop}`);
  return { ...summary, pass };
}

/** Of the run that made the student, where the file tells of it, then what a fine-tuning has otherwise, then the flags. */
function configurationOf(values: FlagValues, metadata: Record<string, string>): Configuration {
  const made = metadata.record ? (JSON.parse(metadata.record) as StudentRecord).configuration : undefined;
  const base: Partial<Configuration> = Object.fromEntries(keptByFineTuning.flatMap((key) => (made?.[key] === undefined ? [] : [[key, made[key]]])));
  if (metadata.network) base.student = metadata.network;
  // Here it is a file, not the name of a network.
  const stated = { ...values, student: undefined };
  const first = configurationFrom(stated, 'default', { ...base, ...FINE_TUNING });
  if (first.method !== 'sld' || first.methodOptions.gammaEpoch !== made?.methodOptions.gammaEpoch) return first;
  // The student swap belongs to the end of a training, and this is one.
  return configurationFrom(stated, 'default', { ...base, ...FINE_TUNING, methodOptions: { ...first.methodOptions, gammaEpoch: 0, gammaFraction: null } });
}

/** The network of the file. @throws UsageError where it does not see images as the data are prepared: what is trained sees no others */
function networkOf(path: string, file: { tensors: NetworkState } & Parameters<typeof openNetworkTeacher>[1], data: RunData): Network {
  const { network, handle } = openNetworkTeacher(path, file, data, metadataStatement(path, file.metadata));
  const { height, width, channels, mean, std, channelOrder } = handle.preprocessing;
  const seen = JSON.stringify([height, width, channels, mean, std, channelOrder]);
  const prepared = JSON.stringify([data.inputShape.height, data.inputShape.width, data.inputShape.channels, data.preprocessing.mean, data.preprocessing.std, 'rgb']);
  if (seen !== prepared) throw new UsageError(`${path} sees images as ${seen}, the data are prepared as ${prepared}: a student is trained on with the data that it was made of`);
  if (handle.classOrder) throw new UsageError(`the classes of ${path} are in another order than the data's`);
  return network;
}

function bitsOf({ bits = '8' }: FlagValues): WeightBits {
  if (!Object.hasOwn(WEIGHT_ROUNDINGS, String(bits))) throw new UsageError(`--bits expects one of ${Object.keys(WEIGHT_ROUNDINGS).join(', ')}, got "${String(bits)}"`);
  return Number(bits) as WeightBits;
}

function activationsOf({ activations }: FlagValues, bits: WeightBits): boolean {
  const chosen = activations ?? (bits === 4 ? 'float' : 'integer');
  if (chosen !== 'integer' && chosen !== 'float') throw new UsageError(`--activations expects integer or float, got "${String(chosen)}"`);
  if (chosen === 'integer' && bits === 4) throw new UsageError('--activations integer does not go with --bits 4: the integer variant has 8-bit weights');
  return chosen === 'integer';
}

/** The model that is quantized, its data, and what its logits are on them. */
import { configure } from '../../configuration/configure.ts';
import { defaults, type Configuration } from '../../configuration/settings.ts';
import { openRunData, type RunData } from '../../data/run-data.ts';
import type { ImageSet } from '../../data/sets/index.ts';
import type { Tfjs } from '../../engines/engine.ts';
import { modelInput, modelPixels } from '../../evaluation/model-input.ts';
import { predictions } from '../../evaluation/accuracy.ts';
import { variantLogits } from '../../evaluation/network-logits.ts';
import { freeze, type FrozenNetwork } from '../../networks/freeze.ts';
import { readStudentRecord, type StudentRecord } from '../../packaging/student.ts';
import { quantizationStatement, type QuantizationStatement } from '../../quantization/aware/statement.ts';
import { say } from '../../support/say.ts';
import { pick } from '../../support/setting.ts';
import { UsageError } from '../../support/usage-error.ts';
import { networkHandle, type NetworkHandle } from '../../teachers/teacher-handle.ts';
import { openPretrained, pretrained } from '../../teachers/pretrained/index.ts';
import { requireFinite } from '../../teachers/measure.ts';
import { statementOf } from '../../teachers/settings.ts';
import { mergeStatements, type TeacherStatement } from '../../teachers/statement.ts';
import { modelPathOf, openModel, type Trainable } from '../../teachers/teacher.ts';
import type { QuantizeLine } from './settings.ts';

export interface Subject {
  name: string;
  /** One line for people. */
  description: string;
  handle: NetworkHandle;
  trainable: Trainable;
  /** Quantization that it was trained for, if any. */
  quantization?: QuantizationStatement;
  data: RunData;
  maxDrop: number;
  /** True if the data's classes are not the model's: right is then what float32 answers. */
  isJudgedByFloat32: boolean;
}

/** Points of answers that may be others than float32's, where no label says what is right. */
const MAX_DROP_FROM_FLOAT32 = 10;

/** The model's file before there are data to open it for. */
export interface SubjectFile {
  /** As it was named. */
  spec: string;
  path: string;
  /** Record of the run that made it, of a student. */
  record?: StudentRecord;
}

/** @throws Error in one line: no file or two, a student without its run's record, or images held out that it was trained on */
export function findSubject({ student, model, validationCount = 0 }: QuantizeLine['given']): SubjectFile {
  if (!student === !model) throw new UsageError('quantize expects --student FILE or --model CHECKPOINT');
  const spec = (student ?? model)!;
  const path = modelPathOf(spec);
  if (!student) return { spec, path };
  const record = readStudentRecord(path);
  const most = record.configuration.validationCount;
  if (validationCount > most)
    throw new UsageError(`--validation-count is at most the run's ${most}, got ${validationCount}: the student was trained on the others`);
  return { spec, path, record };
}

/** @throws Error in one line: a model that is no network of this repository, data that do not fit it */
export async function openSubject(given: QuantizeLine['given']): Promise<Subject> {
  const stated = pick(
    given,
    ['data', 'imageSize', 'maxUnreadable', 'testLimit', 'validationCount'].filter((key) => key in given) as never[],
  ) as Partial<Configuration>;
  const { student, model } = given;
  if (!student && model !== undefined && Object.hasOwn(pretrained, model)) return openPretrainedOnData(model, given.maxDrop, stated);
  const file = findSubject(given);
  const { record } = file;
  const configuration = record
    ? configure({ ...record.configuration }, stated)
    : configure({ ...stated, imageSize: statementOf(given, given.imageSize).imageSize });
  return openOnData(given, file, await openRunData(configuration, say));
}

/** Opens a pretrained network of the table, with its own classes, on data that it sees as it was trained to. */
async function openPretrainedOnData(name: string, maxDrop: number | undefined, stated: Partial<Configuration>): Promise<Subject> {
  const { network, state, preprocessing, labels, model } = await openPretrained(name);
  const { height, cropRatio = 1, mean, std } = preprocessing;
  const data = await openRunData(configure({ imageSize: height, cropRatio, inputMean: mean, inputStd: std, ...stated }), say);
  const isJudgedByFloat32 = String(data.labels) !== String(labels);
  return {
    name,
    description: `${network.name} with public weights (${model!.licence}); ${network.classes} classes${isJudgedByFloat32 ? ", not the data's: right is what float32 answers" : ''}`,
    handle: networkHandle(freeze(network, state), preprocessing),
    trainable: { network, state },
    data,
    maxDrop: maxDrop ?? (isJudgedByFloat32 ? MAX_DROP_FROM_FLOAT32 : defaults.maxDrop),
    isJudgedByFloat32,
  };
}

/** Right answers to a set. @param float32 logits of it */
export const answersOf = (
  { isJudgedByFloat32, handle: { network } }: Subject,
  { labels }: Pick<ImageSet, 'labels'>,
  float32: Float32Array,
): ArrayLike<number> => (isJudgedByFloat32 ? predictions(float32, network.classes) : labels);

/** Opens the model for data: the one way to it, whether it is quantized as it is or trained on. @throws as `openSubject` */
export async function openOnData(given: QuantizeLine['given'], { spec, record }: SubjectFile, data: RunData): Promise<Subject> {
  const { settings } = statementOf(given, given.imageSize);
  const { height, width, channels, fit, cropRatio, filter } = data.preprocessing;
  // A student sees images as its run prepared them, and states their normalisation alone.
  const ofRun: TeacherStatement = record ? { preprocessing: { height, width, channels, fit, cropRatio, filter } } : {};
  const { teacher, trainable } = await openModel(spec, data, { ...settings, stated: mergeStatements(ofRun, settings.stated) });
  const { name, metadata } = teacher;
  const quantization = quantizationStatement(name, metadata);
  const handle = assertNetwork(teacher.handle);
  const { network } = trainable!;
  return {
    name,
    description: record ? `${network.name}, trained by ${record.configuration.method}; ${network.classes} classes` : teacher.description,
    handle,
    trainable: trainable!,
    ...(quantization && { quantization }),
    data,
    maxDrop: given.maxDrop ?? record?.configuration.maxDrop ?? defaults.maxDrop,
    isJudgedByFloat32: false,
  };
}

/** @throws UsageError for what has no weights of a registered network in it, in the data's order of classes */
function assertNetwork(handle: { kind: string }): NetworkHandle {
  const { kind, classOrder, preprocessing } = handle as NetworkHandle;
  if (kind !== 'network') throw new UsageError('an ONNX model can not be quantized here: expected weights of a registered network');
  if (classOrder)
    throw new UsageError("the model's classes are in another order than the data's; only one in the data's order is quantized");
  if (preprocessing.channelOrder !== 'rgb') throw new UsageError('the model sees BGR images; only one that sees RGB is quantized');
  return handle as NetworkHandle;
}

/** Pixels of the data's images, one after the other, as the model's network takes them: NHWC. */
export function inputsOf({ handle: { preprocessing }, data: { inputShape } }: Subject, pixels: Uint8Array): Float32Array {
  const count = pixels.length / (inputShape.height * inputShape.width * inputShape.channels);
  return modelInput(modelPixels(pixels, count, inputShape, preprocessing), preprocessing);
}

/** Logits `[images, classes]` of forms of the model's network, of which the first is the model itself. @throws Error in one line where its logits are no numbers */
export async function formLogits(
  tf: Tfjs,
  subject: Subject,
  networks: FrozenNetwork[],
  set: ImageSet,
  onPasses?: (count: number) => void,
): Promise<Float32Array[]> {
  const found = await variantLogits(tf, networks, set, (pixels) => inputsOf(subject, pixels), onPasses);
  requireFinite(subject.name, found[0], subject.handle.network.classes);
  return found;
}

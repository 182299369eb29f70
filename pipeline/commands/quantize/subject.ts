/** The model that is quantized, its data, and what its logits are on them. */
import { configure } from '../../configuration/configure.ts';
import { defaults, type Configuration } from '../../configuration/settings.ts';
import { openRunData, type RunData } from '../../data/run-data.ts';
import type { ImageSet } from '../../data/sets/index.ts';
import type { Tfjs } from '../../engines/engine.ts';
import { modelInput, modelPixels } from '../../evaluation/model-input.ts';
import { variantLogits } from '../../evaluation/network-logits.ts';
import { freeze, type FrozenNetwork } from '../../networks/freeze.ts';
import { loadStudent, readStudentRecord } from '../../packaging/student.ts';
import { quantizationStatement, type QuantizationStatement } from '../../quantization/aware/statement.ts';
import { say } from '../../support/say.ts';
import { pick } from '../../support/setting.ts';
import { UsageError } from '../../support/usage-error.ts';
import { networkHandle, type NetworkHandle } from '../../teachers/teacher-handle.ts';
import { requireFinite } from '../../teachers/measure.ts';
import { statementOf } from '../../teachers/settings.ts';
import { loadTeacher } from '../../teachers/teacher.ts';
import type { QuantizeLine } from './settings.ts';

export interface Subject {
  name: string;
  /** One line for people. */
  description: string;
  handle: NetworkHandle;
  /** Quantization that it was trained for, if any. */
  quantization?: QuantizationStatement;
  data: RunData;
  maxDrop: number;
}

/** The file or the teacher's name. @throws UsageError where there are none or two */
export function pathOfSubject({ student, model }: QuantizeLine['given']): string {
  if (!student === !model) throw new UsageError('quantize expects --student FILE or --model CHECKPOINT');
  return (student ?? model)!;
}

/** @throws Error in one line: a model that is no network of this repository, data that do not fit it */
export async function openSubject(given: QuantizeLine['given']): Promise<Subject> {
  const path = pathOfSubject(given);
  const stated = pick(
    given,
    ['data', 'imageSize', 'maxUnreadable', 'testLimit', 'validationCount'].filter((key) => key in given) as never[],
  ) as Partial<Configuration>;
  const { maxDrop } = given;
  if (given.model) {
    const { settings, imageSize } = statementOf(given, given.imageSize);
    const data = await openRunData(configure({ ...stated, imageSize }), say);
    const { name, description, metadata, handle } = await loadTeacher(path, data, settings);
    const quantization = quantizationStatement(name, metadata);
    return {
      name,
      description,
      handle: assertNetwork(handle),
      ...(quantization && { quantization }),
      data,
      maxDrop: maxDrop ?? defaults.maxDrop,
    };
  }
  const { configuration } = readStudentRecord(path);
  const most = configuration.validationCount;
  if ((stated.validationCount ?? 0) > most)
    throw new UsageError(
      `--validation-count is at most the run's ${most}, got ${stated.validationCount}: the student was trained on the others`,
    );
  const data = await openRunData(configure({ ...configuration, ...stated }), say);
  const { network, state, quantization } = loadStudent(path, data.inputShape);
  const description = `${network.name}, trained by ${configuration.method}; ${network.classes} classes`;
  return {
    name: path,
    description,
    handle: networkHandle(freeze(network, state), data.preprocessing),
    ...(quantization && { quantization }),
    data,
    maxDrop: maxDrop ?? configuration.maxDrop,
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

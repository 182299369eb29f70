/** `quantize --to integer`: a model in integer arithmetic alone, and the same as an ONNX model. */
import { join } from 'node:path';
import { makeIntegerGoldens, writeIntegerProgram, type IntegerProgram } from '@sld-edge/runtime/integer';
import type { ImageSet } from '../../data/sets/index.ts';
import { startEngine } from '../../engines/start-engine.ts';
import { accuracyDifference, agreement } from '../../evaluation/accuracy.ts';
import { logitsOf } from '../../evaluation/logits.ts';
import { modelPixels, ofUnitValues } from '../../evaluation/model-input.ts';
import { writeInt8OnnxModel } from '../../packaging/onnx-int8-model.ts';
import { statedScales } from '../../quantization/aware/statement.ts';
import { calibrationCount, integerCalibration, judgingImages } from '../../quantization/integer/calibration-images.ts';
import { activationChoiceText } from '../../quantization/integer/choose-bits.ts';
import { assertIntegerForm } from '../../quantization/integer/lower.ts';
import { programWeightBytes, quantizeNetwork } from '../../quantization/integer/quantize-network.ts';
import { roundTripUniformly } from '../../quantization/mixed/mix-units.ts';
import { writeFileAtomic } from '../../support/atomic-write.ts';
import { createProgress, percent } from '../../support/progress.ts';
import { say } from '../../support/say.ts';
import type { NetworkHandle } from '../../teachers/teacher-handle.ts';
import { createVariantTable, sayGate } from './variant-table.ts';
import type { QuantizeLine } from './settings.ts';
import { answersOf, formLogits, openSubject, type Subject } from './subject.ts';

/** Test images that `--out` writes golden outputs of. */
const GOLDENS = 8;

const NAME_WIDTH = 24;

/** @throws Error in one line for a network that has no integer form */
export async function toIntegers({ given, values: { threads, out, images } }: QuantizeLine): Promise<object> {
  const subject = await openSubject(given);
  const {
    handle: { network, preprocessing },
    data,
    quantization,
    maxDrop,
  } = subject;
  say(`${subject.name}: ${subject.description}`);
  assertIntegerForm(network);
  const { tf } = await startEngine(given.engine ?? 'wasm');
  const { classes } = network;
  const [float32, eightBits] = await formLogits(tf, subject, [network, roundTripUniformly(network, { encoding: 'int8' })], data.test);
  const comparison = createVariantTable(float32, answersOf(subject, data.test, float32), classes, NAME_WIDTH);
  comparison.add('8-bit weights', eightBits);

  const scales = quantization && statedScales(quantization);
  if (scales) say('scales of activations are those that the model was trained for');
  const progress = createProgress('quantize');
  const program = await quantizeNetwork(
    tf,
    network,
    integerCalibration(data.train, data.inputShape, preprocessing, images ?? calibrationCount(network)),
    { ...(scales && { scales }), judging: judgingImages(data.validation, data.inputShape, preprocessing, calibrationCount(network)) },
    { onProgress: (fraction, what) => progress.update(fraction, what), onChoice: (choice) => say(activationChoiceText(choice)) },
  );
  progress.done();
  const integersOf = (set: ImageSet, what: string): Promise<Float32Array> => shownProgramLogits(program, set, subject, threads, what);
  const [float32OnValidation] = await formLogits(tf, subject, [network], data.validation);
  const validation = accuracyDifference(
    float32OnValidation,
    await integersOf(data.validation, 'validation'),
    answersOf(subject, data.validation, float32OnValidation),
    classes,
  );
  const started = process.cpuUsage();
  const integers = await integersOf(data.test, 'test');
  const { user, system } = process.cpuUsage(started);
  const processorSeconds = (user + system) / 1e6;
  comparison.add('integers', integers, { weightBytes: programWeightBytes(program), processorSeconds });
  say(`  ${processorSeconds.toFixed(1)} s of processor time by the integer kernels`);

  const plain = ofUnitValues(preprocessing);
  const onnx = writeInt8OnnxModel(program, { labels: data.labels, preprocessing: plain });
  const byOnnx = await logitsOf({ kind: 'onnx', model: onnx }, data.test.images, plain, { size: data.inputShape });
  const agreementWithIntegers = agreement(byOnnx, integers, classes);
  comparison.add('int8 ONNX', byOnnx, { bytes: onnx.length, agreementWithIntegers });
  say(`  ${onnx.length.toLocaleString('en')} bytes, on ONNX Runtime; agrees with the integers on ${percent(agreementWithIntegers)}`);

  const gate = sayGate(validation, maxDrop);
  if (out && gate.pass) await writeProgram(out, program, onnx, goldenPixels(subject));
  return { variants: comparison.rows, gate, pass: gate.pass };
}

/** Logits by the integer kernels, with a progress bar. */
export async function shownProgramLogits(
  program: IntegerProgram,
  { images, count }: ImageSet,
  {
    data: { inputShape },
    handle: { preprocessing },
  }: { data: Pick<Subject['data'], 'inputShape'>; handle: { preprocessing: Omit<NetworkHandle['preprocessing'], 'channelOrder'> } },
  threads: number,
  what: string,
): Promise<Float32Array> {
  const progress = createProgress('integers');
  const onProgress = (done: number): void => progress.update(done / count, `${done} of ${count} ${what} images`);
  const logits = await logitsOf({ kind: 'program', program }, images, preprocessing, { size: inputShape, threads, onProgress });
  progress.done();
  return logits;
}

function goldenPixels({ data: { test, inputShape }, handle: { preprocessing } }: Subject): Uint8Array {
  const count = Math.min(GOLDENS, test.count);
  return modelPixels(test.images.range(0, count), count, inputShape, preprocessing);
}

/** @param pixels of the golden images */
async function writeProgram(folder: string, program: IntegerProgram, onnx: Uint8Array, pixels: Uint8Array): Promise<void> {
  const { json, weights } = await writeIntegerProgram(program);
  writeFileAtomic(join(folder, 'weights.bin'), weights);
  writeFileAtomic(join(folder, 'program.json'), `${JSON.stringify(json)}\n`);
  writeFileAtomic(join(folder, 'model-int8.onnx'), onnx);
  writeFileAtomic(join(folder, 'pixels.bin'), pixels);
  writeFileAtomic(join(folder, 'goldens.json'), `${JSON.stringify(await makeIntegerGoldens(program, pixels))}\n`);
  say(
    `written to ${folder}: program.json, weights.bin, and what it must give for pixels.bin: goldens.json; for other runtimes model-int8.onnx`,
  );
}

/** `quantize --train`: a student trained on with its weights and activations rounded, under the method that made it, and what that brought beside plain rounding. */
import { join } from 'node:path';
import { configurationFrom } from '../../configuration/from-line.ts';
import { sayConfiguration } from '../../configuration/run-settings.ts';
import { keptByFineTuning, type Configuration } from '../../configuration/settings.ts';
import type { ImageSet } from '../../data/sets/index.ts';
import { accuracyDifference } from '../../evaluation/accuracy.ts';
import { PLAIN_SCALE } from '../../evaluation/model-input.ts';
import { frozenLogits } from '../../evaluation/network-logits.ts';
import { freeze, type FrozenNetwork } from '../../networks/freeze.ts';
import { saveStudent, type StudentRecord } from '../../packaging/student.ts';
import { fakeQuantized, quantizableForm, quantizedState, type WeightBits } from '../../quantization/aware/fake-quantized.ts';
import { calibrationCount, integerCalibration } from '../../quantization/integer/calibration-images.ts';
import { assertIntegerForm, lowerToIntegers } from '../../quantization/integer/lower.ts';
import { activationScales, networkInputs, quantizeNetwork } from '../../quantization/integer/quantize-network.ts';
import { writeFileAtomic } from '../../support/atomic-write.ts';
import { say } from '../../support/say.ts';
import { omit, pick } from '../../support/setting.ts';
import { sha256, sha256OfFiles } from '../../support/sha256.ts';
import { UsageError } from '../../support/usage-error.ts';
import { prepareRun } from '../../training/prepare-run.ts';
import { lockRunFolder } from '../../training/run-folder.ts';
import { runTraining } from '../../training/run.ts';
import { createVariantTable, sayGate, rowText } from './variant-table.ts';
import { shownProgramLogits } from './integer.ts';
import type { QuantizeLine } from './settings.ts';
import { findSubject, openOnData, type Subject } from './subject.ts';

/**
 * Settings in which a fine-tuning differs from a training from scratch, and which it does not take over from the student's run. With batch
 * norms folded, channels differ in scale and nothing tames a step: SGD diverges at any rate that gets somewhere
 * (docs/quantization-aware.md); AdamW takes each weight's own scale.
 */
const FINE_TUNING: Partial<Configuration> = { epochs: 2, optimizer: 'adamw', learningRate: 1e-4, warmupEpochs: 0 };

const NAME_WIDTH = 32;

/** @throws Error in one line for a network that can't be trained folded, or with `--to integer` has no integer form */
export async function trainQuantized({ given, values }: QuantizeLine): Promise<object> {
  const bits = values.bits as WeightBits;
  const inIntegers = values.to === 'integer';
  if (values.learnSteps && bits !== 4)
    throw new UsageError(`--learn-steps goes with --bits 4, got ${bits}: other weights have the step of their largest weight`);
  if (inIntegers && bits === 4) throw new UsageError('--to integer does not go with --bits 4: the integer variant has 8-bit weights');
  const file = findSubject(given);
  const { path } = file;
  const configuration = configurationOf(given, file.record);
  sayConfiguration(configuration);
  const folder =
    values.out ??
    `${path.replace(/(\/student)?\.safetensors$|\.[a-z0-9]+$/, '')}.aware-w${bits}${inIntegers ? 'a7' : ''}${values.learnSteps ? '-steps' : ''}`;
  await using lock = await lockRunFolder(folder, say);
  const { data, engine, teacher } = await prepareRun(configuration);
  const { tf } = engine;
  const subject = await openOnData(given, file, data);
  assertSeenAsPrepared(subject);
  const { network, state: untrained } = subject.trainable;
  const { classes } = network;

  const frozen = quantizableForm(network, untrained);
  if (inIntegers) assertIntegerForm(frozen);
  const preprocessing = { ...data.preprocessing, scale: PLAIN_SCALE };
  const calibration = integerCalibration(data.train, data.inputShape, preprocessing, values.images ?? calibrationCount(frozen));
  const { pixels, scale } = calibration;
  const scales = inIntegers && bits !== 32 ? await activationScales(tf, frozen, networkInputs(pixels, frozen, scale), scale) : undefined;
  const start = fakeQuantized(frozen, bits, scales, values.learnSteps);

  const floatLogits = (of: FrozenNetwork, set: ImageSet): Promise<Float32Array> => frozenLogits(tf, of, set, data.normalise);
  const integerLogits = (program: Parameters<typeof shownProgramLogits>[0], set: ImageSet, what: string): Promise<Float32Array> =>
    shownProgramLogits(program, set, { data, handle: { preprocessing } }, values.threads, what);
  const comparison = createVariantTable(await floatLogits(frozen, data.test), data.test.labels, classes, NAME_WIDTH);
  for (const plain of bits === 4 ? ([8, 4] as const) : ([8] as const)) {
    const rounded = fakeQuantized(frozen, plain);
    comparison.add(`${plain}-bit weights, plainly rounded`, await floatLogits(freeze(rounded.network, rounded.state), data.test));
  }
  if (inIntegers)
    comparison.add('integers, plainly rounded', await integerLogits(await quantizeNetwork(tf, frozen, calibration), data.test, 'test'));

  const identity = sha256(
    JSON.stringify({
      student: await sha256OfFiles(path),
      bits,
      scales: scales && [...scales],
      ...(values.learnSteps && { learnSteps: true }),
    }),
  );
  const { resume, restart } = values;
  const trained = await runTraining({
    configuration: { ...configuration, student: network.name },
    engine,
    data,
    teacher: teacher?.teacher,
    folder,
    resume,
    restart,
    start: { ...start, identity },
    lock,
    say,
  });
  const state = quantizedState(network, trained);
  const after = quantizableForm(network, state);
  const weights = comparison.add(
    bits === 32 ? 'trained on, float32' : `${bits}-bit weights, trained for it`,
    await floatLogits(after, data.test),
  );
  let validationLogits: Float32Array;
  if (inIntegers) {
    // Trained on without rounding and then rounded plainly: what of the gain is owed to more training alone.
    const program = scales ? lowerToIntegers(after, scales, scale) : await quantizeNetwork(tf, after, calibration);
    comparison.add(
      scales ? 'integers, trained for it' : 'integers, plainly rounded after',
      await integerLogits(program, data.test, 'test'),
    );
    validationLogits = await integerLogits(program, data.validation, 'validation');
  } else validationLogits = await floatLogits(after, data.validation);

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
  saveStudent(
    studentPath,
    network,
    state,
    data.preprocessing,
    record,
    bits === 32 ? undefined : { weightBits: bits, ...(scales && { activations: Object.fromEntries(scales) }) },
  );
  const { epochs, learningRate, seed } = configuration;
  say('');
  say(`${network.name}, ${epochs} epochs at ${learningRate}, seed ${seed}, last epoch; ${data.test.count} test images`);
  for (const row of comparison.rows) say(rowText(row, NAME_WIDTH));
  const gate = sayGate(
    accuracyDifference(await floatLogits(frozen, data.validation), validationLogits, data.validation.labels, classes),
    configuration.maxDrop,
  );
  const summary = {
    student: studentPath,
    network: network.name,
    bits,
    learnSteps: values.learnSteps,
    to: values.to,
    epochs,
    learningRate,
    seed,
    engine: engine.description,
    variants: comparison.rows,
    gate,
  };
  writeFileAtomic(join(folder, 'quantization.json'), `${JSON.stringify(summary, null, 2)}\n`);
  return { ...summary, pass: gate.pass };
}

/** Settings of the run that made the student, of a run's student, then what a fine-tuning has otherwise, then the flags. */
function configurationOf(given: QuantizeLine['given'], record?: StudentRecord): Configuration {
  const made = record?.configuration;
  // A run from before a setting came to be had its default.
  const base: Partial<Configuration> = made
    ? pick(
        made,
        [...keptByFineTuning, 'student' as const, 'maxDrop' as const].filter((key) => key in made),
      )
    : {};
  // On the command line it is a file, not the name of a network.
  const stated = omit(given, ['student']);
  const first = configurationFrom(stated, { base: { ...base, ...FINE_TUNING } });
  if (first.method !== 'sld' || first.methodOptions.gammaEpoch !== made?.methodOptions.gammaEpoch) return first;
  // The student swap belongs to the end of a training, and this is one.
  return configurationFrom(stated, {
    base: { ...base, ...FINE_TUNING, methodOptions: { ...first.methodOptions, gammaEpoch: 0, gammaFraction: null } },
  });
}

/** @throws UsageError if the model sees images otherwise than the data are prepared: what is trained sees no others */
function assertSeenAsPrepared({ name, handle, data }: Subject): void {
  const { height, width, channels, mean, std } = handle.preprocessing;
  const { inputShape, preprocessing } = data;
  const seen = JSON.stringify([height, width, channels, mean, std]);
  const prepared = JSON.stringify([inputShape.height, inputShape.width, inputShape.channels, preprocessing.mean, preprocessing.std]);
  if (seen !== prepared)
    throw new UsageError(
      `${name} sees images as ${seen}, the data are prepared as ${prepared}: a student is trained on with the data that it was made of`,
    );
}

/** `npm run distill`: every stage, from images and a teacher to a verified package in `models/`. */
import { join } from 'node:path';
import { duration, percent } from '../support/progress.ts';
import { createRandom } from '../data/augmentation/random.ts';
import { assertDeployable } from '../networks/deployable.ts';
import { freeze } from '../networks/freeze.ts';
import { buildNetwork } from '../networks/index.ts';
import { initialState } from '../networks/state.ts';
import { buildPackage } from '../packaging/build-package.ts';
import { chooseVariants } from '../packaging/choose-variants.ts';
import { saveStudent } from '../packaging/student.ts';
import { validationGapWarning } from '../evaluation/validation-gap.ts';
import { accuracy, frozenLogits } from '../evaluation/network-logits.ts';
import { lockRunFolder } from '../training/run-folder.ts';
import { runTraining } from '../training/run.ts';
import { verifyPackage } from '../packaging/check/verify-package.ts';
import { checkNames } from './check-names.ts';
import { configurationFlags, configurationFrom, type Flags, type FlagValues } from './flags.ts';
import { prepareRun } from './prepare-run.ts';
import { goldensText, int8OnnxText, onnxText } from './verify.ts';
import { listPresets, modelsFlag, runFlags, runFolderOf, say, sayConfiguration } from './run-options.ts';

export const summary = 'Distils a teacher into a small student, quantizes it, packages it and verifies the package: images in, models/ out.';

export const flags: Flags = { ...configurationFlags, ...runFlags, ...modelsFlag };

export async function run(values: FlagValues): Promise<object> {
  if (values['list-presets']) return listPresets(values);
  const began = performance.now();
  const configuration = configurationFrom(values);
  if (configuration.quick) say('a quick run: it proves the stages on a subset, its figures are no result');
  const { needsTeacher } = checkNames(configuration);
  sayConfiguration(configuration);
  const runFolder = runFolderOf(configuration);
  await using lock = await lockRunFolder(runFolder, say);
  const { data, engine, teacher } = await prepareRun(configuration, needsTeacher);
  const untrained = buildNetwork(configuration.student, { inputShape: data.inputShape, classes: data.labels.length });
  assertDeployable(untrained);
  // Not after hours of training: a variant that was asked for by name and that the network has no form for.
  chooseVariants(configuration.variants, freeze(untrained, initialState(untrained, createRandom(0))));
  const trained = await runTraining({ configuration, engine, data, teacher: teacher?.teacher, folder: runFolder, resume: values.resume === true, restart: values.restart === true, lock, say });
  const test = accuracy(await frozenLogits(engine.tf, freeze(trained.network, trained.state), data.test, data.normalise), data.test.labels, trained.network.classes);
  say(`student ${trained.network.name}: test top-1 ${percent(test.top1)} of ${test.count} (last epoch, seed ${configuration.seed}, float32)`);
  const gap = validationGapWarning({ top1: trained.history.at(-1)!.validationTop1, count: data.validation.count }, test);
  if (gap) say(gap);
  const studentPath = join(trained.folder, 'student.safetensors');
  lock.assertHeld();
  saveStudent(studentPath, trained.network, trained.state, data.preprocessing, {
    configuration: trained.configuration,
    methodOptions: trained.methodOptions,
    engine: engine.description,
    data: data.provenance,
    teacher: teacher?.record ?? null,
    test,
    history: trained.history,
  });

  const { folder } = await buildPackage({ studentPath, data, modelsFolder: values.models as string ?? 'models', maxDrop: configuration.maxDrop, variants: configuration.variants, abstainError: configuration.abstainError, say });
  const verification = await verifyPackage(folder, data);
  for (const { variant, backend, measured, goldenError, pass } of verification.variants) {
    say(`verify ${variant.padEnd(7)}: from disk on ${backend}, top-1 ${percent(measured.top1)} of ${measured.count}, ${goldensText({ variant, goldenError })}: ${pass ? 'pass' : 'FAIL, the manifest states another accuracy'}`);
  }
  if (verification.onnx) say(`verify onnx   : ${onnxText(verification.onnx)}`);
  if (verification.int8Onnx) say(`verify onnx   : ${int8OnnxText(verification.int8Onnx)}`);
  say(`done in ${duration(performance.now() - began)}: ${folder}. Next: npm run deploy`);
  return { package: folder, engine: engine.description, student: studentPath, test, verification, pass: verification.pass };
}

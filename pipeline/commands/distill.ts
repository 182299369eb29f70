/** `npm run distill`: every stage, from images and a teacher to a verified package in `models/`. */
import { accuracy } from '../evaluation/accuracy.ts';
import { logitsOf } from '../evaluation/logits.ts';
import { join } from 'node:path';
import { duration, percent } from '../support/progress.ts';
import { createRandom } from '../data/augmentation/random.ts';
import type { Line } from '../configuration/command-line.ts';
import { configurationFrom } from '../configuration/from-line.ts';
import { refuseUntrained } from '../configuration/presets/teacher-hint.ts';
import { runFolderOf } from '../configuration/run-folder-name.ts';
import { listPresets, listPresetsSetting, resumeSettings, sayConfiguration } from '../configuration/run-settings.ts';
import { runSettings } from '../configuration/settings.ts';
import { distillerOf } from '../distillers/settings.ts';
import { assertDeployable } from '../networks/deployable.ts';
import { freeze } from '../networks/freeze.ts';
import { buildNetwork } from '../networks/index.ts';
import { initialState } from '../networks/state.ts';
import { buildPackage } from '../packaging/build-package.ts';
import { chooseVariants } from '../packaging/choose-variants.ts';
import { sayServed } from '../packaging/model-index.ts';
import { modelsSetting } from '../packaging/settings.ts';
import { measureSpeed, speedText } from '../packaging/speed.ts';
import { saveStudent } from '../packaging/student.ts';
import { writeFileAtomic } from '../support/atomic-write.ts';
import { say } from '../support/say.ts';
import { validationGapWarning } from '../evaluation/validation-gap.ts';
import { prepareRun } from '../training/prepare-run.ts';
import { lockRunFolder } from '../training/run-folder.ts';
import { runTraining } from '../training/run.ts';
import { verifyPackage } from '../packaging/check/verify-package.ts';
import { openPretrained } from '../teachers/pretrained/index.ts';
import { settingsFrom } from '../transfer/settings-from.ts';
import { trainFrom } from '../transfer/train-from.ts';
import { number } from '../support/value.ts';
import type { SettingTable } from '../support/setting.ts';
import { settingsOfPlan } from './distill/planned.ts';
import { goldensText, int8OnnxText, onnxText } from './verify.ts';

export const summary =
  'Distils a teacher into a small student, quantizes it, packages it and verifies the package: images in, models/ out.';

export const settings = {
  ...runSettings,
  minutes: {
    ...number(10, { above: 0 }),
    help: 'time for which a folder without a stated teacher is planned: teacher, student, image size and epochs (docs/transfer.md)',
    unit: 'minutes',
    group: 'run',
    decides: 'nothing',
    isFirst: true,
  },
  ...modelsSetting,
  ...resumeSettings,
  ...listPresetsSetting,
} as const satisfies SettingTable;

export async function run({ given, values, json }: Line<typeof settings>): Promise<object> {
  if (values.listPresets) return listPresets(json);
  const began = performance.now();
  const { decided: planned, plan } = await settingsOfPlan(given, values.minutes, values.resume);
  const from = given.from ?? planned.from;
  const backbone = from ? await openPretrained(from) : undefined;
  const configuration = configurationFrom(given, {
    base: { ...(from && backbone && (await settingsFrom(backbone, from, { ...planned, ...given }))), ...planned },
  });
  if (configuration.quick) say('a quick run: it proves the stages on a subset, its figures are no result');
  if (distillerOf(configuration).needsTeacher) refuseUntrained(configuration.teacher);
  sayConfiguration(configuration);
  const runFolder = runFolderOf(configuration);
  await using lock = await lockRunFolder(runFolder, say);
  const { data, engine, teacher } = await prepareRun(configuration);
  const untrained = buildNetwork(configuration.student, { inputShape: data.inputShape, classes: data.labels.length });
  assertDeployable(untrained);
  // Not after hours of training: a variant that was asked for by name and that the network has no form for.
  chooseVariants(configuration.variants, freeze(untrained, initialState(untrained, createRandom(0))));
  const { resume, restart } = values;
  const training = { configuration, engine, data, teacher: teacher?.teacher, folder: runFolder, resume, restart, lock, say };
  const trained = backbone ? await trainFrom({ ...training, backbone, trainsAll: true }) : await runTraining(training);
  const test = accuracy(
    await logitsOf(
      { kind: 'network', network: freeze(trained.network, trained.state), tf: engine.tf },
      data.test.images,
      data.preprocessing,
    ),
    data.test.labels,
    trained.network.classes,
  );
  say(
    `student ${trained.network.name}: test top-1 ${percent(test.top1)} of ${test.count} (${trained.kept.epoch === configuration.epochs ? 'last epoch' : `epoch ${trained.kept.epoch} of ${configuration.epochs}`}, seed ${configuration.seed}, float32)`,
  );
  const gap = validationGapWarning({ top1: trained.kept.validationTop1, count: data.validation.count }, test);
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
    ...(plan && { plan: plan.lines }),
  });

  const { maxDrop, variants, abstainError, makeDefault } = configuration;
  const { folder, measured, reportWith } = await buildPackage({
    studentPath,
    data,
    modelsFolder: values.models,
    maxDrop,
    variants,
    abstainError,
    makeDefault,
    say,
  });
  const verification = await verifyPackage(folder, data, measured);
  for (const { variant, backend, images, goldenError, pass } of verification.variants) {
    say(
      `verify ${variant.padEnd(7)}: from disk, logits of ${images} test images to the bit as measured, ${goldensText({ variant, goldenError })} on ${backend}: ${pass ? 'pass' : 'FAIL: other logits than were measured, or another accuracy is stated'}`,
    );
  }
  if (verification.onnx) say(`verify onnx   : ${onnxText(verification.onnx)}`);
  if (verification.int8Onnx) say(`verify onnx   : ${int8OnnxText(verification.int8Onnx)}`);
  const speed = await measureSpeed(folder, data, engine, teacher?.teacher);
  say(speedText(speed));
  const report = join(trained.folder, 'report.html');
  lock.assertHeld();
  writeFileAtomic(report, await reportWith(speed));
  say(`report: ${report}`);
  const expected = plan && !values.resume ? `, about ${duration(1000 * plan.seconds)} were planned` : '';
  say(`done in ${duration(performance.now() - began)}${expected}: ${folder}`);
  sayServed(values.models, configuration.name, say);
  return { package: folder, report, speed, engine: engine.description, student: studentPath, test, verification, pass: verification.pass };
}

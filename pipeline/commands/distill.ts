/** `npm run distill`: every stage, from images and a teacher to a verified package in `models/`. */
import { join } from 'node:path';
import { duration, percent } from '../console/progress.ts';
import { freeze } from '../networks/freeze.ts';
import { buildPackage } from '../packaging/build-package.ts';
import { saveStudent } from '../packaging/student.ts';
import { loadTeacher, type Teacher } from '../teachers/teacher.ts';
import { openRunData, type RunData } from '../training/data.ts';
import { accuracy, frozenLogits, type LabelledPixels } from '../training/evaluate.ts';
import { runTraining } from '../training/run.ts';
import { verifyPackage } from '../verification/package.ts';
import { checkNames } from './check-names.ts';
import { configurationFlags, configurationFrom, type Flags, type FlagValues } from './flags.ts';
import { modelsFlag, runFlags, runFolderOf, say } from './run-options.ts';
import { startEngine } from './start-engine.ts';

export const summary = 'Distils a teacher into a small student, quantizes it, packages it and verifies the package: images in, models/ out.';

export const flags: Flags = { ...configurationFlags, ...runFlags, ...modelsFlag };

export async function run(values: FlagValues): Promise<object> {
  const began = performance.now();
  const configuration = configurationFrom(values);
  say(`configuration ${JSON.stringify(configuration)}`);
  if (configuration.quick) say('a quick run: it proves the stages on a subset, its figures are no result');
  const { needsTeacher } = checkNames(configuration);
  // What may be refused comes before the engine, whose first start takes minutes.
  const data = await openRunData(configuration, say);
  say(`data: ${data.name}, ${data.train.count} training, ${data.validation.count} validation, ${data.test.count} test images (${data.provenance.source})`);
  const teacher = needsTeacher ? loadTeacher(configuration.teacher, data) : undefined;
  const engine = await startEngine(configuration.engine, needsTeacher ? configuration.workers : 0);

  const measure = (network: Teacher['network'], state: Teacher['state'], images: LabelledPixels) =>
    accuracy(frozenLogits(engine.tf, freeze(network, state), images, data.normalise), images.labels, network.classes);

  const teacherRecord = teacher && measuredTeacher(teacher, data, measure);

  const trained = await runTraining({ configuration, engine, data, teacher, folder: runFolderOf(configuration), resume: values.resume === true, restart: values.restart === true, say });
  const test = measure(trained.network, trained.state, data.test);
  say(`student ${trained.network.name}: test top-1 ${percent(test.top1)} of ${test.count} (last epoch, seed ${configuration.seed}, float32)`);
  const studentPath = join(trained.folder, 'student.safetensors');
  saveStudent(studentPath, trained.network, trained.state, data.preprocessing, {
    configuration,
    methodOptions: trained.methodOptions,
    engine: engine.description,
    data: data.provenance,
    teacher: teacherRecord ?? null,
    test,
    history: trained.history,
  });

  const { folder } = await buildPackage({ studentPath, data, modelsFolder: values.models as string ?? 'models', maxDrop: configuration.maxDrop, say });
  const verification = await verifyPackage(folder, data);
  for (const { variant, measured, goldenError, pass } of verification.variants) {
    say(`verify ${variant.padEnd(7)}: from disk on wasm, top-1 ${percent(measured.top1)} of ${measured.count}, goldens within ${goldenError.toExponential(1)}: ${pass ? 'pass' : 'FAIL, the manifest states another accuracy'}`);
  }
  say(`done in ${duration(performance.now() - began)}: ${folder}. Next: npm run deploy`);
  return { package: folder, engine: engine.description, student: studentPath, test, verification, pass: verification.pass };
}

/** Measures the teacher before anything is learnt from it, and warns where it is hardly better than chance. */
function measuredTeacher(teacher: Teacher, data: RunData, measure: (network: Teacher['network'], state: Teacher['state'], images: LabelledPixels) => { top1: number }) {
  const validationTop1 = measure(teacher.network, teacher.state, data.validation).top1;
  const testTop1 = measure(teacher.network, teacher.state, data.test).top1;
  say(`teacher ${teacher.name}: top-1 validation ${percent(validationTop1)}, test ${percent(testTop1)}`);
  if (validationTop1 < 2 / data.labels.length) say(`warning: the teacher is hardly better than chance (${percent(1 / data.labels.length)}); other normalisation or other classes are the usual cause`);
  return { name: teacher.name, network: teacher.network.name, sha256: teacher.sha256, validationTop1, testTop1 };
}

/** `npm run teacher`: trains a teacher by the labels alone and keeps its checkpoint. */
import { join } from 'node:path';
import { percent } from '../support/progress.ts';
import { freeze } from '../networks/freeze.ts';
import { presetOfTeacher, withoutFolders } from '../presets/index.ts';
import { saveTeacher, teachersFolder } from '../teachers/teacher.ts';
import { validationGapWarning } from '../evaluation/validation-gap.ts';
import { accuracy, frozenLogits } from '../evaluation/network-logits.ts';
import { lockRunFolder } from '../training/run-folder.ts';
import { runTraining } from '../training/run.ts';
import { checkNames } from './check-names.ts';
import { configurationFlags, configurationFrom, UsageError, type Flags, type FlagValues } from './flags.ts';
import { computingThreads, startEngine } from './start-engine.ts';
import { openRunData } from '../data/run-data.ts';
import { warnOfMirroredClasses } from './prepare-run.ts';
import { listPresets, runFlags, runFolderOf, say, sayConfiguration } from './run-options.ts';

export const summary = "Trains the teacher (preset 'teacher') and writes its checkpoint, by default into the repository's teachers.";

export const flags: Flags = {
  ...configurationFlags,
  ...runFlags,
  out: { type: 'string', help: 'where to write the checkpoint (default pipeline/teachers/checkpoints/<name>.safetensors)' },
};

export async function run(values: FlagValues): Promise<object> {
  if (values['list-presets']) return listPresets(values);
  const configuration = configurationFrom(values, 'teacher');
  const { needsTeacher } = checkNames(configuration);
  if (needsTeacher) {
    const preset = presetOfTeacher(configuration.teacher);
    throw new UsageError(`a teacher is trained without one: --method ${configuration.method} needs a teacher; allowed: ce${preset ? `, as in --preset ${preset}` : ''}`);
  }
  sayConfiguration(configuration);
  const runFolder = runFolderOf(configuration);
  await using lock = await lockRunFolder(runFolder, say);
  const data = await openRunData(configuration, say);
  warnOfMirroredClasses(data, configuration);
  const engine = await startEngine(configuration.engine, computingThreads(configuration, needsTeacher));
  const trained = await runTraining({ configuration, engine, data, folder: runFolder, resume: values.resume === true, restart: values.restart === true, lock, say });
  const { network, state } = trained;
  const test = accuracy(await frozenLogits(engine.tf, freeze(network, state), data.test, data.normalise), data.test.labels, network.classes);
  const path = (values.out as string) ?? join(teachersFolder, `${configuration.name}.safetensors`);
  const validationTop1 = trained.history.at(-1)!.validationTop1;
  saveTeacher(path, network, state, data, {
    madeBy: `npm run teacher -- --preset ${configuration.preset} --seed ${configuration.seed}`,
    configuration: JSON.stringify(withoutFolders(trained.configuration)),
    engine: engine.description,
    validationTop1: String(validationTop1),
    testTop1: String(test.top1),
    data: JSON.stringify(data.provenance),
  });
  say(`teacher ${network.name}: top-1 validation ${percent(validationTop1)}, test ${percent(test.top1)} of ${test.count} (last epoch, seed ${configuration.seed}); written to ${path}`);
  const gap = validationGapWarning({ top1: validationTop1, count: data.validation.count }, test);
  if (gap) say(gap);
  return { checkpoint: path, validationTop1, test, history: trained.history };
}

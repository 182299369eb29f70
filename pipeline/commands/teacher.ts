/** `npm run teacher`: trains a teacher by the labels alone and keeps its checkpoint. */
import { accuracy } from '../evaluation/accuracy.ts';
import { logitsOf } from '../evaluation/logits.ts';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Line } from '../configuration/command-line.ts';
import { configurationFrom } from '../configuration/from-line.ts';
import { shownDefault } from '../configuration/help.ts';
import { presetOfTeacher, presets } from '../configuration/presets/index.ts';
import { runFolderOf } from '../configuration/run-folder-name.ts';
import { listPresets, listPresetsSetting, resumeSettings, sayConfiguration } from '../configuration/run-settings.ts';
import { runSettings, type Configuration } from '../configuration/settings.ts';
import { percent } from '../support/progress.ts';
import { distillerOf } from '../distillers/settings.ts';
import { freeze } from '../networks/freeze.ts';
import { nameOfData, published } from '../packaging/settings.ts';
import { say } from '../support/say.ts';
import { flagOf, omit, withDefaultOf, type SettingTable } from '../support/setting.ts';
import { forceSetting, refuseTracked } from '../support/tracked-files.ts';
import { UsageError } from '../support/usage-error.ts';
import { optional, path } from '../support/value.ts';
import { checkpointIn, ownTeachersFolder, modelPathOf, saveTeacher, teachersFolder } from '../teachers/teacher.ts';
import { validationGapWarning } from '../evaluation/validation-gap.ts';
import { prepareRun } from '../training/prepare-run.ts';
import { lockRunFolder } from '../training/run-folder.ts';
import { runTraining } from '../training/run.ts';

const PRESET = 'teacher';

export const summary = `Trains a teacher by the labels alone and writes its checkpoint, by default to ${ownTeachersFolder}/NAME.safetensors, where distill finds it by name.`;

/** A teacher learns from the labels, and no package is made of it. */
const trainingSettings = omit(runSettings, [
  'teacher',
  'teacherNetwork',
  'teacherPreprocessing',
  'cacheTeacher',
  'method',
  'methodOptions',
  'maxDrop',
  'variants',
  'abstainError',
  'makeDefault',
  'quick',
]);

/** The defaults are the preset's. */
const ofPreset = Object.fromEntries(
  Object.entries(trainingSettings).map(([key, setting]) => {
    const stated = presets[PRESET].settings[key as keyof Configuration];
    return [key, stated === undefined ? setting : { ...setting, defaultText: shownDefault(stated) }];
  }),
) as typeof trainingSettings;

export const settings = {
  ...ofPreset,
  preset: { ...runSettings.preset, defaultText: PRESET },
  student: { ...ofPreset.student, help: 'the network that is trained, by name (docs/networks.md)' },
  name: withDefaultOf({ ...runSettings.name, help: "the teacher's name" }, 'network.data'),
  out: {
    ...optional(path('')),
    help: 'where to write the checkpoint',
    defaultText: `${ownTeachersFolder}/NAME.safetensors`,
    group: 'package',
    decides: 'nothing',
  },
  force: { ...forceSetting.force, help: "write over files that git tracks; without --out, over the repository's own teacher of that name" },
  ...resumeSettings,
  ...listPresetsSetting,
} as const satisfies SettingTable;

export async function run({ given, values, json }: Line<typeof settings>): Promise<object> {
  if (values.listPresets) return listPresets(json);
  const configuration = configurationFrom(given, {
    preset: PRESET,
    nameOf: ({ student, data }) => `${student.toLowerCase()}.${nameOfData(data)}`,
  });
  if (distillerOf(configuration).needsTeacher) {
    const preset = presetOfTeacher(configuration.teacher);
    throw new UsageError(
      `a teacher learns from the labels alone, and preset ${configuration.preset} is ${configuration.method}'s${preset ? `; its teacher is trained by --preset ${preset}` : ''}`,
    );
  }
  const { name } = configuration;
  const out = values.out ?? placeOf(name, values.force);
  refuseTracked(out, values.force);
  sayConfiguration(configuration);
  const runFolder = runFolderOf(configuration);
  await using lock = await lockRunFolder(runFolder, say);
  const { data, engine } = await prepareRun(configuration, false);
  const { resume, restart } = values;
  const trained = await runTraining({ configuration, engine, data, folder: runFolder, resume, restart, lock, say });
  const { network, state } = trained;
  const test = accuracy(
    await logitsOf({ kind: 'network', network: freeze(network, state), tf: engine.tf }, data.test.images, data.preprocessing),
    data.test.labels,
    network.classes,
  );
  const validationTop1 = trained.history.at(-1)!.validationTop1;
  saveTeacher(out, network, state, data, {
    madeBy: `npm run teacher -- --preset ${configuration.preset} --seed ${configuration.seed}`,
    configuration: JSON.stringify(published(trained.configuration)),
    engine: engine.description,
    validationTop1: String(validationTop1),
    testTop1: String(test.top1),
    data: JSON.stringify(data.provenance),
  });
  say(
    `teacher ${network.name}: top-1 validation ${percent(validationTop1)}, test ${percent(test.top1)} of ${test.count} (last epoch, seed ${configuration.seed}); written to ${out}`,
  );
  const gap = validationGapWarning({ top1: validationTop1, count: data.validation.count }, test);
  if (gap) say(gap);
  say(`next: npm run distill -- ${dataFlags(configuration)}--teacher ${isFoundByName(name, out) ? name : out}`);
  return { checkpoint: out, validationTop1, test, history: trained.history };
}

/** One's own teachers lie apart from the repository's, which are written over only where that is asked for. */
function placeOf(name: string, force: boolean): string {
  const [own, repositorys] = [ownTeachersFolder, teachersFolder].map((folder) => checkpointIn(folder, name));
  if (!existsSync(repositorys)) return own;
  say(
    force
      ? `this replaces the repository's own teacher ${name} (--force)`
      : `the repository's own teacher ${name} stays as it is: this one goes to ${own}; --force replaces it`,
  );
  return force ? repositorys : own;
}

/** The settings of the data that differ from their defaults, as flags. */
function dataFlags(configuration: Configuration): string {
  const keys = ['data', 'imageSize', 'maxUnreadable', 'validationCount'] as const;
  return keys
    .filter((key) => configuration[key] !== runSettings[key].default)
    .map((key) => `--${flagOf(key)} ${configuration[key]} `)
    .join('');
}

const isFoundByName = (name: string, out: string): boolean => {
  try {
    return resolve(modelPathOf(name)) === resolve(out);
  } catch {
    return false;
  }
};

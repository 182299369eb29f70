/** `npm run teacher`: trains a teacher by the labels alone and keeps its checkpoint. */
import { accuracy } from '../evaluation/accuracy.ts';
import { logitsOf } from '../evaluation/logits.ts';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Accuracy, Preprocessing } from '@sld-edge/runtime';
import type { Line } from '../configuration/command-line.ts';
import { configurationFrom } from '../configuration/from-line.ts';
import { shownDefault } from '../configuration/help.ts';
import { presetOfTeacher, presets } from '../configuration/presets/index.ts';
import { runFolderOf } from '../configuration/run-folder-name.ts';
import { listPresets, listPresetsSetting, resumeSettings, sayConfiguration } from '../configuration/run-settings.ts';
import { runSettings, unpackagedSettings, type Configuration } from '../configuration/settings.ts';
import { percent } from '../support/progress.ts';
import { distillerOf } from '../distillers/settings.ts';
import { freeze } from '../networks/freeze.ts';
import { published } from '../packaging/settings.ts';
import { say } from '../support/say.ts';
import { flagOf, omit, withDefaultOf, type SettingTable } from '../support/setting.ts';
import { forceSetting, refuseTracked } from '../support/tracked-files.ts';
import { UsageError } from '../support/usage-error.ts';
import { optional, path, whole } from '../support/value.ts';
import { checkpointIn, ownTeachersFolder, modelPathOf, saveTeacher, teachersFolder } from '../teachers/teacher.ts';
import { openPretrained } from '../teachers/pretrained/index.ts';
import { validationGapWarning } from '../evaluation/validation-gap.ts';
import { settingsFrom } from '../transfer/settings-from.ts';
import { teachersView, trainFrom } from '../transfer/train-from.ts';
import { prepareRun } from '../training/prepare-run.ts';
import { lockRunFolder } from '../training/run-folder.ts';
import { runTraining, type TrainingRun } from '../training/run.ts';
import type { EpochReport } from '../training/train.ts';

const PRESET = 'teacher';

export const summary = `Trains a teacher by the labels alone and writes its checkpoint, by default to ${ownTeachersFolder}/NAME.safetensors, where distill finds it by name.`;

/** A teacher learns from the labels. */
const trainingSettings = omit(unpackagedSettings, [
  'teacher',
  'teacherNetwork',
  'teacherPreprocessing',
  'cacheTeacher',
  'method',
  'methodOptions',
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
  fineTune: {
    ...whole(0, { from: 0 }),
    help: 'with --from: epochs of training the whole network after its head; 0: the head alone',
    unit: 'epochs',
    group: 'training',
    decides: 'nothing',
    isFirst: true,
  },
  inputSize: {
    ...optional(whole(0, { from: 1 })),
    help: "with --from: side of the images as the network sees them, where the data's own is another",
    unit: 'pixels',
    group: 'learning',
    decides: 'nothing',
    defaultText: 'of a folder --image-size; of other data what suits their size',
  },
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

export interface TrainedTeacher {
  checkpoint: string;
  /** As `--teacher` names it. */
  teacher: string;
  validationTop1: number;
  test: Accuracy;
  history: EpochReport[];
}

type Stated = Pick<Line<typeof settings>, 'given' | 'values'>;

export async function run({ given, values, json }: Line<typeof settings>): Promise<object> {
  return values.listPresets ? listPresets(json) : trainTeacher({ given, values });
}

/** A teacher trained as these settings say. @returns its place, its name where it is found by that, and its accuracy */
export async function trainTeacher({ given, values }: Stated): Promise<TrainedTeacher> {
  const backbone = given.from ? await openPretrained(given.from) : undefined;
  if (!backbone) refuseWithoutFrom(given);
  const base = backbone && (await settingsFrom(backbone, given.from!, given));
  const configuration = configurationFrom(given, {
    preset: PRESET,
    base: { ...base, ...(values.fineTune > 0 && { epochs: values.fineTune }) },
    nameOf: (student, data) => `${student.toLowerCase().replaceAll(/[:=]/g, '-')}.${data}`,
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
  const training = { configuration, engine, data, folder: runFolder, resume, restart, lock, say };
  const trained: TrainingRun<Configuration> & { preprocessing?: Preprocessing } = backbone
    ? await trainFrom({
        ...training,
        backbone,
        preprocessing: teachersView(backbone, data.inputShape, configuration.imageSize > 0, values.inputSize),
        trainsAll: values.fineTune > 0,
      })
    : await runTraining(training);
  const { network, state, kept } = trained;
  const preprocessing = trained.preprocessing ?? data.preprocessing;
  const test = accuracy(
    await logitsOf({ kind: 'network', network: freeze(network, state), tf: engine.tf }, data.test.images, preprocessing, {
      size: data.inputShape,
    }),
    data.test.labels,
    network.classes,
  );
  const { validationTop1 } = kept;
  saveTeacher(
    out,
    network,
    state,
    { labels: data.labels, preprocessing },
    {
      madeBy: `npm run teacher -- --preset ${configuration.preset} --seed ${configuration.seed}`,
      configuration: JSON.stringify(published(trained.configuration)),
      engine: engine.description,
      validationTop1: String(validationTop1),
      testTop1: String(test.top1),
      data: JSON.stringify(data.provenance),
    },
  );
  say(
    `teacher ${network.name}: top-1 validation ${percent(validationTop1)}, test ${percent(test.top1)} of ${test.count} (${backbone && kept.epoch === 0 ? 'head alone' : `epoch ${kept.epoch}`}, seed ${configuration.seed}); written to ${out}`,
  );
  const gap = validationGapWarning({ top1: validationTop1, count: data.validation.count }, test);
  if (gap) say(gap);
  const teacher = isFoundByName(name, out) ? name : out;
  say(`next: npm run distill -- ${dataFlags(configuration)}--teacher ${teacher}`);
  return { checkpoint: out, teacher, validationTop1, test, history: trained.history };
}

/** @throws UsageError for what only a training from pretrained weights takes */
function refuseWithoutFrom(given: Stated['given']): void {
  for (const key of ['fineTune', 'inputSize'] as const)
    if (given[key] !== undefined) throw new UsageError(`--${flagOf(key)} has no effect: it is for --from`);
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
  const keys = ['data', 'imageSize', 'cropRatio', 'maxUnreadable', 'validationCount'] as const;
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

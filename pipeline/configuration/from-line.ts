/** The configuration that a command line states. */
import { augmentations } from '../data/augmentation/named.ts';
import { nameOfSet } from '../data/settings.ts';
import { distillerOf } from '../distillers/settings.ts';
import { nameOfData } from '../packaging/settings.ts';
import { refuseUnused } from '../support/setting.ts';
import { UsageError } from '../support/usage-error.ts';
import { teachersOf } from '../teachers/teacher.ts';
import { configure } from './configure.ts';
import { presetNamed } from './presets/index.ts';
import { runSettings, type Configuration } from './settings.ts';

export interface Start {
  /** Preset to use if the command line names none. */
  preset?: string;
  /** Settings that replace the preset's before any flag does. */
  base?: Partial<Configuration>;
  /** The name of what is made of a network and a data set, where neither preset nor command line states one. */
  nameOf?(student: string, data: string): string;
  /** Settings, of the given ones, that are refused where they have no effect; default: all. */
  checked?: Readonly<Record<string, unknown>>;
}

/**
 * The preset's settings, then those that the command line states. A preset's name holds for its own data and network.
 * @param given settings by key; other keys are a command's own and are left alone
 * @throws UsageError in one line: an unknown preset, settings that do not go together, one that has no effect
 */
export function configurationFrom(
  given: Readonly<Record<string, unknown>>,
  { preset: fallback = 'default', base: stage = {}, nameOf, checked }: Start = {},
): Configuration {
  if (given.quick === false) throw new UsageError('--no-quick: quick is a preset; name another with --preset');
  if (given.quick && given.preset !== undefined && given.preset !== 'quick')
    throw new UsageError(`--quick is a preset of its own; it can't be joined with --preset ${String(given.preset)}`);
  const stated = Object.fromEntries(
    Object.entries(given).filter(([key, value]) => Object.hasOwn(runSettings, key) && key !== 'preset' && value !== undefined),
  ) as Partial<Configuration>;
  try {
    const method = stated.method?.split('{')[0];
    const preset = presetNamed(given.quick ? 'quick' : ((given.preset as string | undefined) ?? fallback), method);
    const ofPreset = configure(preset);
    const base = { ...stage, ...fittingWarmup(ofPreset, stage) };
    const known = configure(preset, base);
    const isOther = nameOfSet(stated.data ?? known.data) !== nameOfSet(ofPreset.data);
    const { augmentation } = { ...known, ...stated };
    const layers = [
      isOther || (stated.student ?? known.student) !== ofPreset.student ? { ...preset, name: '' } : preset,
      base,
      augmentations[augmentation].settings,
      stated,
    ];
    const configuration = configure(...layers, {
      ...fittingWarmup(known, stated),
      ...(isOther && (stated.teacher ?? base.teacher) === undefined && teacherOfData(configure(...layers, fittingWarmup(known, stated)))),
    });
    refuseUnused(runSettings, checked ?? stated, configuration);
    const isNamed = [...layers].some((layer) => (layer as Partial<Configuration>).name);
    return nameOf && !isNamed
      ? configure(configuration, { name: nameOf(configuration.student, nameOfData(configuration.data)) })
      : configuration;
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError((error as Error).message, { cause: error });
  }
}

/** A warm-up that nobody stated gives way to fewer epochs. */
function fittingWarmup(known: Configuration, { epochs = known.epochs, warmupEpochs }: Partial<Configuration>): Partial<Configuration> {
  return warmupEpochs === undefined && known.warmupEpochs >= epochs ? { warmupEpochs: epochs / 2 } : {};
}

/** Finds the teacher that was trained on data other than the preset's. @throws UsageError saying how to get one */
function teacherOfData(configuration: Configuration): Partial<Configuration> {
  if (!distillerOf(configuration).needsTeacher) return {};
  const { data } = configuration;
  const [teacher] = teachersOf(nameOfData(data));
  if (teacher === undefined) {
    const size = configuration.imageSize > 0 ? ` --image-size ${configuration.imageSize}` : '';
    throw new UsageError(
      `no teacher knows ${nameOfData(data)} yet: npm run teacher -- --data ${data}${size} trains one, --teacher FILE names one, --method ce learns from the labels alone`,
    );
  }
  return { teacher };
}

/** Settings of the package, and what of all settings goes into one. */
import { basename, resolve } from 'node:path';
import { VARIANT_NAMES, type VariantName } from '@sld-edge/runtime';
import { nameOfSet } from '../data/settings.ts';
import { quantizationSettings, type QuantizationSettings } from '../quantization/settings.ts';
import { keysWhere, omit, type SettingTable, type Values } from '../support/setting.ts';
import { number, path, text, toggle, type ValueKind } from '../support/value.ts';
import { settingsOfTraining, type TrainingConfiguration } from '../training/settings.ts';

/** `--variants` where nothing was asked for by name. */
export const AUTOMATIC = 'auto';

const variantsText: ValueKind<string> = {
  default: AUTOMATIC,
  allowed: `${AUTOMATIC}, or some of ${VARIANT_NAMES.join(', ')} with commas between`,
  holds: (v) =>
    v === AUTOMATIC || (typeof v === 'string' && v.split(',').every((name) => VARIANT_NAMES.includes(name.trim() as VariantName))),
  parse: (text) => text,
};

export const packageSettings = {
  variants: {
    ...variantsText,
    help: 'variants of the package with commas between, beside uint8, which every package has; auto: float32 too, and integer where the network has an integer form that costs no more than --max-drop',
    group: 'package',
    decides: 'package',
  },
  abstainError: {
    ...number(0, { from: 0, below: 1 }),
    help: 'share of the answers given that may be wrong on validation images; the package withholds less sure ones; 0: it withholds none',
    group: 'package',
    decides: 'package',
  },
  name: {
    ...text('', 'lower-case letters, digits, dot, dash and underscore, beginning with a letter or digit', /^([a-z0-9][a-z0-9._-]*)?$/),
    help: "the name of what is made; empty: the data set's",
    group: 'package',
    decides: 'package',
    isFirst: true,
  },
  quick: {
    ...toggle(false),
    help: 'the same as --preset quick: all stages on a subset; the package says that it is not a real result',
    group: 'run',
    decides: 'package',
    isFirst: true,
  },
  makeDefault: {
    ...toggle(true),
    help: 'the package is what server and page answer with where no model is named; --no-make-default leaves that to the one before',
    group: 'package',
    decides: 'nothing',
  },
} as const satisfies SettingTable;

/** Setting of the folder of packages. */
export const modelsSetting = {
  models: { ...path('models'), help: 'folder of packages', group: 'package', decides: 'nothing' },
} as const satisfies SettingTable;

/** Everything that a package depends on: its own settings and those of the stages before it. */
export const settingsOfPackage = { ...settingsOfTraining, ...quantizationSettings, ...packageSettings } as const satisfies SettingTable;

/** Configuration with the preset that it started from, for the record. */
export type RunConfiguration = TrainingConfiguration & QuantizationSettings & Values<typeof packageSettings> & { preset: string };

/** The data set's name; of one's own pictures the folder's, as far as names of packages allow. */
export function nameOfData(data: string): string {
  const name = nameOfSet(data);
  const path = data.slice(name.length + 1);
  const folder =
    name === 'folder' && path
      ? basename(resolve(path))
          .toLowerCase()
          .replaceAll(/[^a-z0-9._-]+/g, '-')
          .replaceAll(/^[^a-z0-9]+|[^a-z0-9]+$/g, '')
      : '';
  return folder || name;
}

/** Name of a package for which nobody stated one. */
export const defaultName = ({ data, quick }: Pick<RunConfiguration, 'data' | 'quick'>): string =>
  `${nameOfData(data)}${quick ? '-quick' : ''}`;

/**
 * A configuration as it goes to others, in a package or a teacher's checkpoint: without what decides nothing; the data set by
 * its name and files by theirs, since where their maker kept them is nobody's business.
 */
export function published(configuration: RunConfiguration): Partial<RunConfiguration> {
  // Students made before there was such a setting have none.
  const { data, teacher, teacherPreprocessing = '', from = '' }: Partial<RunConfiguration> = configuration;
  const stated = {
    ...configuration,
    data: nameOfSet(data!),
    teacher: basename(teacher!),
    teacherPreprocessing: basename(teacherPreprocessing),
    from: basename(from),
  };
  return omit(stated, keysWhere(settingsOfPackage, ({ decides }) => decides === 'nothing') as (keyof RunConfiguration)[]);
}

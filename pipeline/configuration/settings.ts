/** All settings of a run: the tables of its stages joined, and the preset that it starts from. */
import { settingsOfPackage, type RunConfiguration } from '../packaging/settings.ts';
import { defaultsOf, keysWhere, omit, type SettingTable } from '../support/setting.ts';
import { text } from '../support/value.ts';

export type Configuration = RunConfiguration;

export const runSettings = {
  preset: {
    ...text('default'),
    help: 'settings to start from; --list-presets lists them',
    group: 'run',
    decides: 'package',
    isFirst: true,
  },
  ...settingsOfPackage,
} as const satisfies SettingTable;

/** Settings of a training of which no package is made. */
export const unpackagedSettings = omit(runSettings, ['maxDrop', 'variants', 'abstainError', 'makeDefault']);

export type SettingKey = keyof typeof runSettings;

export const defaults = defaultsOf(runSettings) as Configuration;

/** Settings that a fine-tuning of a run's student takes over from the run. */
export const keptByFineTuning = keysWhere(runSettings, ({ isKept }) => isKept === true);

/** Settings of the commands that train, beside those of the training. */
import { distillerOf } from '../distillers/settings.ts';
import { say } from '../support/say.ts';
import { flagOf, type SettingTable } from '../support/setting.ts';
import { toggle } from '../support/value.ts';
import { describeConfiguration } from './describe.ts';
import { shownDefault } from './help.ts';
import { presets } from './presets/index.ts';
import type { Configuration } from './settings.ts';

const run = { group: 'run', decides: 'nothing' } as const;

export const listPresetsSetting = {
  listPresets: { ...run, ...toggle(false), help: 'list the presets and do nothing else' },
} as const satisfies SettingTable;

export const resumeSettings = {
  resume: { ...run, ...toggle(false), help: 'continue the interrupted run of the same settings', isFirst: true },
  restart: { ...run, ...toggle(false), help: 'start over although an unfinished run is there' },
} as const satisfies SettingTable;

/** Says every setting of the run, and every option of its method. */
export function sayConfiguration(configuration: Configuration): void {
  for (const line of describeConfiguration(configuration, distillerOf(configuration))) say(line);
}

/** `--list-presets`: what each is for and what it states, on stdout, or with `--json` in the result alone. */
export function listPresets(json: boolean): { presets: Record<string, string> } {
  for (const [name, { about, settings, methodSettings = {} }] of Object.entries(presets)) {
    const distinct = [...new Set(Object.values(methodSettings).map(flagsOf))];
    const methodsWith = (flags: string): string[] =>
      Object.keys(methodSettings).filter((method) => flagsOf(methodSettings[method]) === flags);
    const ofMethods = distinct.map((flags) => `\n  with ${methodsWith(flags).join(', ')}: ${flags}`);
    if (!json) console.log(`${name}: ${about}\n  ${flagsOf(settings) || '(the defaults)'}${ofMethods.join('')}`);
  }
  return { presets: Object.fromEntries(Object.entries(presets).map(([name, { about }]) => [name, about])) };
}

/** Settings as flags that state them. */
const flagsOf = (settings: Partial<Configuration>): string =>
  Object.entries(settings)
    .map(([key, value]) =>
      value === true ? `--${flagOf(key)}` : value === false ? `--no-${flagOf(key)}` : `--${flagOf(key)} ${shownDefault(value)}`,
    )
    .join(' ');

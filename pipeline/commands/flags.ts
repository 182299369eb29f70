/** Flags as commands had them before the tables of settings; goes with the last command that uses it. */
import { configurationFrom as fromLine } from '../configuration/from-line.ts';
import { settings, type Configuration, type SettingKey } from '../configuration/settings.ts';
import { settingText } from '../configuration/help.ts';
import { flagOf, parseFlag, type SettingTable } from '../support/setting.ts';
import { UsageError } from '../support/usage-error.ts';
import { optional, text, toggle } from '../support/value.ts';

export { UsageError };

export interface Flag {
  type: 'string' | 'boolean';
  help: string;
}

export type Flags = Record<string, Flag>;
export type FlagValues = Record<string, string | boolean | undefined>;

const keyOf = (flag: string): string => flag.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** The same as a table of settings. */
export const tableOf = (flags: Flags): SettingTable =>
  Object.fromEntries(Object.entries(flags).map(([flag, { type, help }]) => [keyOf(flag), { ...(type === 'boolean' ? toggle(false) : optional(text(''))), help, group: 'run', decides: 'nothing', isFirst: true }]));

/** What was given, by flag. */
export const flagValuesOf = (given: Readonly<Record<string, unknown>>): FlagValues => Object.fromEntries(Object.entries(given).map(([key, value]) => [flagOf(key), value as string]));

export const configurationFlags: Flags = Object.fromEntries(Object.entries(settings).map(([key, setting]) => [flagOf(key), { type: setting.isSwitch ? 'boolean' : 'string', help: settingText(setting) }]));

export function configurationFrom(values: FlagValues, preset = 'default', base: Partial<Configuration> = {}): Configuration {
  const given = Object.keys(settings).flatMap((key) => {
    const value = values[flagOf(key)];
    return value === undefined ? [] : [[key, typeof value === 'boolean' ? value : parseFlag(key, settings[key as SettingKey], value)]];
  });
  return fromLine(Object.fromEntries(given) as Record<string, unknown>, { preset, base });
}

/** @throws UsageError for what is no number, no whole one unless others are allowed, or out of range */
export function numberOf(values: FlagValues, flag: string, fallback: number, { from, to = Infinity, whole = true }: { from: number; to?: number; whole?: boolean }): number {
  const text = values[flag];
  if (text === undefined) return fallback;
  const value = Number(text);
  if (String(text).trim() === '' || !(value >= from && value <= to) || (whole && !Number.isInteger(value))) throw new UsageError(`--${flag} expects a ${whole ? 'whole ' : ''}number from ${from}${to === Infinity ? '' : ` to ${to}`}, got "${String(text)}"`);
  return value;
}

/** `--max-drop`, or what the run was configured with. */
export const maxDropOf = (values: FlagValues, configured: number): number => (values['max-drop'] === undefined ? configured : (parseFlag('maxDrop', settings.maxDrop, String(values['max-drop'])) as number));

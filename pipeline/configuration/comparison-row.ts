/**
 * A row of a comparison: a method with its options, and settings of its own, as `kd{temperature=2,learningRate=0.1}`. What stands in the
 * braces is an option if the method has one of that name, and a setting otherwise.
 */
import { augmentationSettings } from '../data/augmentation/settings.ts';
import { createDistiller, methodNamed } from '../distillers/index.ts';
import { methodLabel, splitOutsideBrackets, takeMethodApart, type MethodSpec } from '../distillers/method-spec.ts';
import { assertHolds, flagOf, keysWhere, type SettingTable } from '../support/setting.ts';
import { UsageError } from '../support/usage-error.ts';
import { configurationFrom } from './from-line.ts';
import { runSettings, type Configuration, type SettingKey } from './settings.ts';

export interface ComparisonRow extends MethodSpec {
  /** Settings that hold for this row alone. */
  settings: Partial<Configuration>;
}

/** Settings that rows may differ in: those of the training. The others are of what all rows share, as data, teacher and network. */
export const rowSettings: readonly SettingKey[] = keysWhere(
  runSettings,
  ({ group }, key) =>
    group === 'training' || key in augmentationSettings || ['classWeights', 'labelSmoothing', 'cacheTeacher'].includes(key),
);

/** @throws Error in one line: an unknown method, what is neither option nor setting, a value out of range, text that is no method */
export function parseRow(text: string): ComparisonRow {
  const { method, stated } = takeMethodApart(text);
  const { options } = methodNamed(method);
  const isOption = ([key]: [string, unknown]): boolean => Object.hasOwn(options, key) || !Object.hasOwn(runSettings, key);
  const entries = Object.entries(stated);
  const methodOptions = Object.fromEntries(entries.filter(isOption));
  const settings = Object.fromEntries(entries.filter((entry) => !isOption(entry)));
  createDistiller(method, { epochs: 1 }, methodOptions);
  for (const [key, value] of Object.entries(settings)) {
    if (!(rowSettings as readonly string[]).includes(key))
      throw new Error(
        `setting "${key}" is the same for all rows of a comparison: --${flagOf(key)} states it; a row may have ${rowSettings.join(', ')}`,
      );
    assertHolds(key, (runSettings as SettingTable)[key], value);
  }
  return { method, methodOptions, settings, label: methodLabel(method, stated) };
}

/** Several, with commas between. @throws as `parseRow`, and for two that are the same */
export function parseRows(text: string): ComparisonRow[] {
  const rows = splitOutsideBrackets(text).map(parseRow);
  const twice = rows.find(({ label }, i) => rows.findIndex((other) => other.label === label) !== i);
  if (twice) throw new Error(`method "${twice.label}" is stated twice`);
  return rows;
}

/**
 * The configuration of each row: the preset's settings, those of the command line, those of the row.
 * @param given settings by key; other keys are the command's own and are left alone
 * @throws UsageError in one line as `configurationFrom`; a flag is refused where it has no effect in any row, a row's setting where it has
 * none in that row
 */
export function configurationsOf(rows: readonly ComparisonRow[], given: Readonly<Record<string, unknown>>): Configuration[] {
  const configurations = rows.map(({ method, methodOptions, settings }) =>
    configurationFrom({ ...given, ...settings, method, methodOptions }, { checked: settings }),
  );
  for (const key of Object.keys(given)) {
    const reasons = configurations.map((configuration) => (runSettings as SettingTable)[key]?.unused?.(configuration));
    if (reasons.every((reason) => reason !== undefined)) throw new UsageError(`--${flagOf(key)} has no effect: ${reasons[0]}`);
  }
  return configurations;
}

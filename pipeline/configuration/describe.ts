/** The full configuration for people: every setting once, in groups; what is not the default is marked. */
import { isDeepStrictEqual } from 'node:util';
import type { Distiller } from '../distillers/index.ts';
import { GROUPS, keysWhere } from '../support/setting.ts';
import { recipeOf } from '../training/recipe.ts';
import { defaults, runSettings, type Configuration, type SettingKey } from './settings.ts';

/** @returns lines; the first says what the marks mean, the second is of the method's own options */
export function describeConfiguration(configuration: Configuration, distiller: Distiller): string[] {
  const { schedule } = recipeOf(configuration);
  const inEpochs = schedule.kind === 'step' ? ` (after epochs ${schedule.milestones.join(' ')})` : ' (for schedule step)';
  const setting = (key: SettingKey): string =>
    `${isDeepStrictEqual(configuration[key], defaults[key]) ? '' : '*'}${key} ${shown(configuration[key])}${key === 'milestones' ? inEpochs : ''}`;
  const options = Object.entries(distiller.options).map(
    ([key, value]) => `${Object.hasOwn(configuration.methodOptions, key) ? '*' : ''}${key} ${shown(value)}`,
  );
  const inGroup = (group: string): SettingKey[] =>
    keysWhere(runSettings, (one, key) => one.group === group && !['preset', 'methodOptions'].includes(key));
  return [
    `configuration: preset ${configuration.preset}; * is not the default`,
    ...Object.keys(GROUPS).flatMap((group) => groupLines(group, inGroup(group).map(setting))),
    ...groupLines('options', options.length > 0 ? options : ['none'], Infinity),
  ];
}

/** A group in lines of about `width` characters: its name stands before the first. */
function groupLines(group: string, settings: readonly string[], width = 160): string[] {
  const lines: string[] = [];
  for (const setting of settings) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + setting.length <= width) lines[lines.length - 1] = `${last}, ${setting}`;
    else lines.push(`  ${(lines.length === 0 ? group : '').padEnd(10)}${setting}`);
  }
  return lines;
}

function shown(value: unknown): string {
  if (value === '') return 'none';
  if (Array.isArray(value)) return `[${value.map((v) => (typeof v === 'number' ? Number(v.toFixed(4)) : String(v))).join(' ')}]`;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The help of a command, from the table of its settings. */
import { flagOf, GROUPS, type Setting, type SettingTable } from '../support/setting.ts';
import { helpSetting, type Command } from './command-line.ts';

/** A command with more settings than that shows those that people need first. */
const FEW = 20;

/** @param everything also the settings that few people need */
export function helpText(
  name: string,
  { summary, settings, positionals = [] }: Pick<Command, 'summary' | 'settings' | 'positionals'>,
  everything: boolean,
): string {
  const all: SettingTable = { ...settings, ...helpSetting };
  const isShort = !everything && Object.keys(settings).length > FEW;
  const shown = Object.entries(all).filter(([, { isFirst }]) => !isShort || isFirst);
  const width = Math.max(...shown.map(([key, setting]) => flagText(key, setting).length)) + 2;
  const groups = Object.entries(GROUPS).flatMap(([group, title]) => {
    const lines = shown
      .filter(([, setting]) => setting.group === group)
      .map(([key, setting]) => `  ${flagText(key, setting).padEnd(width)}${settingText(setting)}`);
    return lines.length === 0 ? [] : [`${title}:`, ...lines, ''];
  });
  const typed = npmCommand(name, positionals);
  const hidden = Object.keys(all).length - shown.length;
  return [`${typed} [flags]`, '', summary, '', ...groups, ...(hidden > 0 ? [`${hidden} more: ${npmCommand(name, [])} --help all`] : [])]
    .join('\n')
    .trimEnd();
}

/** Command as it is typed: `npm run package -- diff A B`. */
export function npmCommand(name: string, words: readonly string[] = []): string {
  const [script, ...more] = name.split(' ');
  return ['npm', 'run', script, '--', ...more, ...words].join(' ');
}

const flagText = (key: string, { isSwitch, default: value }: Setting<unknown>): string =>
  `--${isSwitch && value === true ? 'no-' : ''}${flagOf(key)}`;

/** Text of a setting: its meaning, unit and default. */
export function settingText({ help, unit, isSwitch, default: value, defaultText }: Setting<unknown>): string {
  const stated = defaultText ?? (isSwitch || value === undefined || value === '' ? undefined : shownDefault(value));
  const facts = [unit, stated !== undefined && `default ${stated}`].filter(Boolean);
  return facts.length === 0 ? help : `${help} (${facts.join('; ')})`;
}

/** A default as a flag would state it. */
export function shownDefault(value: unknown): string {
  if (Array.isArray(value)) return value.map((one) => (typeof one === 'number' ? Number(one.toFixed(4)) : String(one))).join(',');
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0 ? 'none' : JSON.stringify(value);
  return String(value);
}

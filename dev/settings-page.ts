/** `npm run docs:settings`: writes docs/settings.md from the tables of settings. */
import { writeFileSync } from 'node:fs';
import { benchSetting, runBench } from '../bench/command.ts';
import { commandNames, loadCommand } from '../pipeline/commands/index.ts';
import { jsonSetting, type Line } from '../pipeline/configuration/command-line.ts';
import { shownDefault } from '../pipeline/configuration/help.ts';
import { runSettings } from '../pipeline/configuration/settings.ts';
import { flagOf, GROUPS, type Setting, type SettingTable } from '../pipeline/support/setting.ts';
import { forceSetting, refuseTracked } from '../pipeline/support/tracked-files.ts';
import { path } from '../pipeline/support/value.ts';

const settings = {
  out: { ...benchSetting, ...path('docs/settings.md'), help: 'the page' },
  ...forceSetting,
} as const satisfies SettingTable;

const DECIDES = { weights: 'the weights', package: 'the package', nothing: 'nothing' } as const;
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
const defaultOf = ({ defaultText, default: value, isSwitch }: Setting<unknown>): string =>
  defaultText ?? (isSwitch ? (value ? 'on' : 'off') : value === undefined || value === '' ? '' : `\`${shownDefault(value)}\``);
const flag = (key: string, { isSwitch, default: value }: Setting<unknown>): string =>
  `\`--${isSwitch && value === true ? 'no-' : ''}${flagOf(key)}\``;
const row = (...cells: string[]): string => `| ${cells.map(cell).join(' | ')} |`;
const meaning = ({ help, unit }: Setting<unknown>): string => (unit ? `${help} (${unit})` : help);
const values = ({ isSwitch, allowed, names = [] }: Setting<unknown>): string =>
  isSwitch ? '' : names.length > 12 ? `one of ${names.length} names` : allowed;

/** The same setting, though a command may find its default elsewhere. */
const isRunSetting = (key: string, { allowed }: Setting<unknown>): boolean =>
  Object.hasOwn(runSettings, key) && runSettings[key as keyof typeof runSettings].allowed === allowed;

/** The text of docs/settings.md. */
export async function settingsPage(): Promise<string> {
  const commands = await Promise.all(commandNames.map(async (name) => ({ name, table: (await loadCommand(name)).settings })));
  const usersOf = (key: string): string =>
    commands
      .filter(({ table }) => table[key] && isRunSetting(key, table[key]))
      .map(({ name }) => name)
      .join(', ');
  const run = Object.entries(GROUPS).flatMap(([group, title]) => [
    `### ${title[0].toUpperCase()}${title.slice(1)}`,
    '',
    row('flag', 'meaning', 'values', 'default', 'decides', 'commands'),
    '|---|---|---|---|---|---|',
    ...Object.entries(runSettings as SettingTable)
      .filter(([, setting]) => setting.group === group)
      .map(([key, setting]) =>
        row(flag(key, setting), meaning(setting), values(setting), defaultOf(setting), DECIDES[setting.decides], usersOf(key)),
      ),
    '',
  ]);
  const own = commands.flatMap(({ name, table }) => {
    const rows = Object.entries(table).filter(([key, setting]) => !isRunSetting(key, setting) && !Object.hasOwn(jsonSetting, key));
    return rows.length === 0
      ? []
      : [
          `### ${name}`,
          '',
          row('flag', 'meaning', 'values', 'default'),
          '|---|---|---|---|',
          ...rows.map(([key, setting]) => row(flag(key, setting), meaning(setting), values(setting), defaultOf(setting))),
          '',
        ];
  });
  return [
    '# Settings',
    '',
    '<!-- Written by `npm run docs:settings -- --force` from the tables of settings; do not edit. -->',
    '',
    'Every flag of every command: what it means, what it may be, its default. You need this page where `--help all` of one command is not enough.',
    '',
    '    npm run distill -- --student resnet20 --epochs 8',
    '',
    'A stage declares its settings once, in `settings.ts` beside it. Flags, help, checks, the keys under which runs are resumed, what a package records, and this page come from there.',
    'A setting that decides the weights starts another run. One that decides the package alone makes another package of the same weights. A preset (`--list-presets`) states several settings at once; a flag wins over it.',
    'Every command takes `--help`, `--help all` and `--json`. A command refuses a flag that it has no use for.',
    '',
    '## Settings of a run',
    '',
    ...run,
    '## Settings of single commands',
    '',
    ...own,
  ].join('\n');
}

async function run({ values: { out, force } }: Line<typeof settings>): Promise<void> {
  refuseTracked(out, force);
  writeFileSync(out, await settingsPage());
  console.log(`written to ${out}`);
}

if (import.meta.filename === process.argv[1])
  await runBench({ name: 'docs:settings', summary: 'Writes docs/settings.md from the tables of settings.', settings, run });

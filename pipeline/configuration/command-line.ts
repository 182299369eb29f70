/** A command line read by a table of settings. */
import { parseArgs } from 'node:util';
import { defaultsOf, flagOf, parseFlag, refuseUnused, type SettingTable, type Values } from '../support/setting.ts';
import { suggestion } from '../support/nearest.ts';
import { UsageError } from '../support/usage-error.ts';
import { toggle } from '../support/value.ts';

/** A command line, read by the table of the command's settings. */
export interface Line<T extends SettingTable> {
  /** The settings that it states; `json` is not among them. */
  given: Partial<Values<T>>;
  /** The same, and the defaults of the others. */
  values: Values<T>;
  /** The arguments as they were typed. */
  typed: readonly string[];
  /** Arguments without a flag, by name. */
  positionals: Readonly<Record<string, string>>;
  /** The result is printed as JSON on stdout. */
  json: boolean;
}

/** A command of the pipeline. */
export interface Command<T extends SettingTable = SettingTable> {
  summary: string;
  /** All that it uses; anything else is refused. */
  settings: T;
  /** Names of what must stand without a flag, in order. */
  positionals?: readonly string[];
  /** True: what follows the positionals is passed on to another program, unread. */
  passesRest?: boolean;
  /** Returns what `--json` prints; a false `pass` makes the exit status 1. */
  run(line: Line<T>): Promise<object>;
}

export const jsonSetting = {
  json: { ...toggle(false), help: 'print the result as JSON on stdout', group: 'run', decides: 'nothing' },
} as const satisfies SettingTable;

/** Every command takes it. */
export const helpSetting = {
  help: { ...toggle(false), help: 'print this; --help all prints every setting', group: 'run', decides: 'nothing', isFirst: true },
} as const satisfies SettingTable;

/** A flag that the command does not use. */
export class UnusedFlag extends UsageError {
  readonly flag: string;

  constructor(message: string, flag: string) {
    super(message);
    this.flag = flag;
  }
}

/**
 * @param help stands in for what is required: help is for those who do not know yet what must be given
 * @throws UsageError in one line: a flag that the command does not use, a value that is missing or not allowed, too few or too many positionals
 */
export function parseLine<T extends SettingTable>(
  name: string,
  { settings, positionals = [], passesRest = false }: Pick<Command<T>, 'settings' | 'positionals' | 'passesRest'>,
  args: readonly string[],
): Line<T> & { help: boolean } {
  if (passesRest && !args[0]?.startsWith('-')) {
    const { length } = positionals;
    return { ...parseLine(name, { settings, positionals }, args.slice(0, length)), typed: args };
  }
  const all: SettingTable = { ...settings, ...helpSetting };
  const keys = new Map(Object.keys(all).map((key) => [flagOf(key), key]));
  for (const arg of args) refuseUnknown(name, arg, keys, all);
  const { values: texts, positionals: words } = parsed(name, args, keys, all, positionals.length > 0);
  const {
    help = false,
    json,
    ...given
  } = Object.fromEntries(
    Object.entries(texts).map(([flag, text]) => {
      const key = keys.get(flag)!;
      return [key, typeof text === 'boolean' ? text : parseFlag(key, all[key], text)];
    }),
  ) as Record<string, unknown> & { help?: boolean; json?: boolean };
  if (!help) {
    if (words.length !== positionals.length)
      throw new UsageError(`${name} expects ${positionals.join(' ')}, got ${words.join(' ') || 'nothing'}`);
    const missing = Object.entries(settings).find(([key, { required }]) => required !== undefined && given[key] === undefined);
    if (missing) throw new UsageError(`${name} expects --${flagOf(missing[0])} ${missing[1].required!}`);
  }
  // A preset decides what the others are: `configurationFrom` refuses then.
  if (!('preset' in settings)) refuseUnused(settings, given, { ...defaultsOf(settings), ...given });
  return {
    given: given as Partial<Values<T>>,
    values: { ...defaultsOf(settings), ...given, ...(json && { json }) } as Values<T>,
    typed: args,
    positionals: Object.fromEntries(positionals.map((word, i) => [word, words[i]])),
    json: json === true,
    help,
  };
}

function refuseUnknown(name: string, arg: string, keys: ReadonlyMap<string, string>, all: SettingTable): void {
  const flag = /^--([^=]+)/.exec(arg)?.[1];
  if (flag === undefined || keys.has(flag)) return;
  const positive = flag.startsWith('no-') ? keys.get(flag.slice(3)) : undefined;
  if (positive !== undefined && all[positive].isSwitch) return;
  throw new UnusedFlag(
    `${name} has no flag --${flag}${suggestion(flag, [...keys.keys()])}; npm run ${name.replace(' ', ' -- ')} -- --help all lists its flags`,
    flag,
  );
}

function parsed(
  name: string,
  args: readonly string[],
  keys: ReadonlyMap<string, string>,
  all: SettingTable,
  allowPositionals: boolean,
): { values: Record<string, string | boolean>; positionals: string[] } {
  const options = Object.fromEntries(
    [...keys].map(([flag, key]) => [flag, { type: all[key].isSwitch ? ('boolean' as const) : ('string' as const) }]),
  );
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, strict: true, allowPositionals, allowNegative: true });
    return { values: values as Record<string, string | boolean>, positionals };
  } catch (error) {
    throw new UsageError(`${name}: ${(error as Error).message.split('. ')[0].replace(/\n.*/s, '')}`, { cause: error });
  }
}
